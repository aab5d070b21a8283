import { existsSync, readFileSync } from 'node:fs'
import { connectorMetadataGuard, ConnectorConfigFormItemType, TemplateType } from '@logto/connector-kit'
import { expect } from 'chai'
import { configGuard } from '../src/config.js'
import { credentialsVariable } from '../src/environment.js'
import { makeMetadata } from '../src/metadata.js'
import { withVariables } from './support.js'

const metadata = makeMetadata()
const findItem = (key: string) => metadata.formItems?.find((item) => item.key === key)

describe('metadata', () => {
  it("passes the kit's guard", () => {
    expect(connectorMetadataGuard.parse(metadata)).to.deep.equal(metadata)
  })

  it('reads as it was written: every name, text and field', () => {
    const written = readFileSync(new URL('golden/metadata.json', import.meta.url), 'utf8')
    expect(metadata).to.deep.equal(JSON.parse(written))
  })

  it('asks for no key pair where the machine has credentials', async () => {
    await withVariables({ [credentialsVariable]: 'default' }, () => {
      const required = makeMetadata()
        .formItems?.filter((item) => item.required)
        .map(({ key }) => key)
      expect(required).to.deep.equal(['accountName', 'templates'])
      return Promise.resolve()
    })
  })

  it('is found under the ids of the built-in connector', () => {
    expect(metadata).to.include({ id: 'aliyun-direct-mail', target: 'aliyun-dm', platform: null })
  })

  it('names files that the package has', () => {
    for (const file of [metadata.logo, metadata.readme])
      expect(existsSync(new URL(`../${file}`, import.meta.url)), file).to.equal(true)
  })

  it('hides the secret while it is typed', () => {
    expect(findItem('accessKeySecret')).to.include({
      type: ConnectorConfigFormItemType.Text,
      isConfidential: true,
    })
  })

  it('lets the region be chosen, and tracing be switched', () => {
    expect(findItem('regionId')).to.include({ type: ConnectorConfigFormItemType.Select })
    expect(findItem('clickTrace')).to.include({
      type: ConnectorConfigFormItemType.Switch,
      defaultValue: false,
    })
  })

  it('offers a template for every type that Logto sends', () => {
    const item = findItem('templates')
    expect(item?.type).to.equal(ConnectorConfigFormItemType.Json)
    const templates = item?.defaultValue as ReadonlyArray<{ readonly usageType: string }>
    expect(templates.map(({ usageType }) => usageType)).to.have.members(Object.values(TemplateType))
  })

  it('makes a valid config of its defaults once the keys and the address are filled in', () => {
    const defaults = Object.fromEntries(
      (metadata.formItems ?? []).flatMap(({ key, defaultValue }) =>
        defaultValue === undefined ? [] : [[key, defaultValue]],
      ),
    )
    const filled = {
      ...defaults,
      accessKeyId: 'id',
      accessKeySecret: 'secret',
      accountName: 'no-reply@example.com',
    }
    expect(configGuard.safeParse(filled)).to.include({ success: true })
  })
})
