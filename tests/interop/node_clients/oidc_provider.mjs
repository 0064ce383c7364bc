// node-oidc-provider as the authorization server of an API of ours: opaque tokens, which
// the API introspects, and JWTs for a resource that wants them.
import { Provider } from 'oidc-provider'

const { PORT, CLIENT_ID, CLIENT_SECRET, ROBOT_SECRET, OPAQUE } = process.env
const grants = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }
const provider = new Provider(`http://localhost:${PORT}`, {
  scopes: ['read', 'write'],
  clients: [
    { client_id: CLIENT_ID, client_secret: CLIENT_SECRET, ...grants },
    { client_id: 'robot', client_secret: ROBOT_SECRET, ...grants, scope: 'read write' },
  ],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    revocation: { enabled: true },
    introspection: {
      enabled: true,
      allowedPolicy: (ctx, client) => client.clientId === CLIENT_ID,
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: (ctx, resource) => ({
        scope: 'read write',
        audience: resource,
        accessTokenFormat: resource === OPAQUE ? 'opaque' : 'jwt',
        ...(resource !== OPAQUE && { jwt: { sign: { alg: 'RS256' } } }),
      }),
    },
  },
})
provider.listen(Number(PORT), 'localhost')
