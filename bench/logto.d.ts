/**
 * Logto's connector is published without types. These are the parts that the benchmarks use, as its source has
 * them.
 */
declare module '@logto/connector-aliyun-dm' {
  interface Connector {
    readonly sendMessage: (data: object) => Promise<unknown>
  }
  const create: (context: { readonly getConfig: () => Promise<unknown> }) => Promise<Connector>
  export default create
}
