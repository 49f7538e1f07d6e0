import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider, type Configuration } from 'oidc-provider';

export const CLIENT = { id: 'mistwatch', secret: 'a-secret-of-the-client-in-this-spec' } as const;

/** What the provider knows of a person besides the id. */
export type Person = Readonly<Record<string, unknown>>;

export interface OidcProvider {
  readonly issuer: string;
  /** Claims by subject; who has none cannot log in. */
  readonly people: Map<string, Person>;
  /** Who sits before the browser; `null` = somebody who declines. */
  person: string | null;
  /** How far the provider's clock is ahead while it makes tokens. */
  skewMs: number;
  /** Whether it answers at all. */
  isDown: boolean;
  /** Paths that were asked for since the last look. */
  readonly asked: string[];
  close(): Promise<void>;
}

const ID_TOKEN_LIFE_S = 60;

/** A certified OpenID provider on this machine, with one client: ours. */
export async function startProvider(publicUrl: string): Promise<OidcProvider> {
  let handle: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  const server = createServer((request, response) => handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const state: OidcProvider = {
    issuer,
    people: new Map(),
    person: null,
    skewMs: 0,
    isDown: false,
    asked: [],
    close: () => closed(server),
  };
  const provider = new Provider(issuer, configurationOf(publicUrl, state));
  const callback = provider.callback();
  handle = (request, response) => {
    state.asked.push((request.url ?? '').split('?')[0] ?? '');
    if (state.isDown) response.writeHead(503).end();
    else if (request.url?.startsWith('/interaction/') === true) void finish(provider, state, { request, response });
    else withSkew(state, response, () => void callback(request, response));
  };
  return state;
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

function configurationOf(publicUrl: string, { people }: OidcProvider): Configuration {
  return {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [`${publicUrl}/v1/login/callback`],
        post_logout_redirect_uris: [`${publicUrl}/`],
      },
    ],
    jwks: { keys: [{ ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), kid: 'k1' }] },
    cookies: { keys: ['a-key-of-the-provider-in-this-spec'] },
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'], groups: ['groups'] },
    findAccount: (_context, subject) => {
      const claims = people.get(subject);
      return claims === undefined ? undefined : { accountId: subject, claims: () => ({ sub: subject, ...claims }) };
    },
    loadExistingGrant,
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    ttl: { IdToken: ID_TOKEN_LIFE_S, AccessToken: 600, AuthorizationCode: 600, Grant: 600, Interaction: 600, Session: 600 },
  };
}

/** Nobody is asked whether we may know what we ask for. */
const loadExistingGrant: NonNullable<Configuration['loadExistingGrant']> = async ({ oidc }) => {
  const { Grant } = oidc.provider;
  const known = oidc.session?.grantIdFor(CLIENT.id);
  if (known !== undefined) return Grant.find(known);
  const grant = new Grant({ clientId: CLIENT.id, accountId: oidc.session?.accountId ?? '' });
  grant.addOIDCScope('openid profile email groups');
  await grant.save();
  return grant;
};

/** The page on which a person types a password, typed in. */
async function finish(
  provider: Provider,
  { person }: OidcProvider,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): Promise<void> {
  const result = person === null ? { error: 'access_denied', error_description: 'declined' } : { login: { accountId: person } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

/** We wait for its answer meanwhile, so that nobody else looks at the clock. */
function withSkew({ skewMs }: OidcProvider, response: ServerResponse, work: () => void): void {
  if (skewMs !== 0) {
    const { now } = Date;
    Date.now = () => now() + skewMs;
    response.once('close', () => {
      Date.now = now;
    });
  }
  work();
}
