declare module '@logto/connector-aliyun-dm' {
  import type { CreateConnector, EmailConnector } from '@logto/connector-kit'

  const createConnector: CreateConnector<EmailConnector>
  export default createConnector
}
