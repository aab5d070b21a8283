/**
 * Stands for Logto's own process: plain Node and Logto's own loader, nothing of this repository. Reads a job from
 * standard input as JSON, and writes down what became of it:
 *
 *     { connectors: 'a folder' } or { package: 'a folder' }, calls: [{ config, data }]
 *     → { node, packages, factories: [{ type, metadata }], results: [{ valid, answer | error }] }
 */
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { buildRawConnector, loadConnectorFactories } from '@logto/cli/lib/connector/index.js'
import { getConnectorPackagesFromDirectory } from '@logto/cli/lib/utils.js'
import { ConnectorError, connectorMetadataGuard } from '@logto/connector-kit'

const job = JSON.parse(await text(process.stdin))

const packages = job.connectors
  ? await getConnectorPackagesFromDirectory(job.connectors)
  : [{ name: 'a package', path: job.package }]

// A version mismatch is not ignored.
const factories = await loadConnectorFactories(packages, false)

const results = []
for (const { config, data } of factories.length > 0 ? job.calls : []) {
  // Logto makes a connector object for each request that needs one.
  const { rawConnector } = await buildRawConnector(factories[0], () => Promise.resolve(config))
  const { success: valid } = rawConnector.configGuard.safeParse(config)
  try {
    results.push({ valid, answer: await rawConnector.sendMessage(data) })
  } catch (error) {
    const known = error instanceof ConnectorError
    results.push({ valid, error: known ? { code: error.code, data: error.data } : String(error) })
  }
}

process.stdout.write(
  JSON.stringify({
    node: process.versions.node,
    packages,
    factories: factories.map(({ type, metadata }) => ({
      type,
      metadata: connectorMetadataGuard.parse(metadata),
    })),
    results,
  }),
)
