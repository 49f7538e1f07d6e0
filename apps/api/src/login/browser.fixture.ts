import type { NestFastifyApplication } from '@nestjs/platform-fastify';

interface Cookie {
  readonly host: string;
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

export interface Page {
  readonly status: number;
  readonly url: string;
  readonly body: string;
  readonly location: string | null;
  /** As they came, attributes and all. */
  readonly setCookies: readonly string[];
  readonly retryAfter: string | null;
}

export interface Sent {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

let browsers = 0;

/** A browser: keeps cookies by host and path, and goes where it is sent. Our own host is the API inside of this process, behind a proxy. */
export class Browser {
  cookies: readonly Cookie[] = [];
  /** Each is somewhere else. */
  readonly address = `192.0.2.${String((browsers += 1))}`;

  constructor(
    private readonly app: NestFastifyApplication,
    private readonly publicUrl: string,
  ) {}

  /** One request, no redirect. */
  async open(address: string, sent: Sent = {}): Promise<Page> {
    const url = new URL(address, this.publicUrl);
    const page = url.origin === this.publicUrl ? await this.ours(url, sent) : await this.theirs(url, sent);
    for (const cookie of page.setCookies) this.keep(url, cookie);
    return page;
  }

  /** The value of a cookie of ours. */
  cookie(name: string): string | undefined {
    return this.cookies.find((each) => each.name === name && each.host === new URL(this.publicUrl).host)?.value;
  }

  /** Goes where it is sent as long as `goesOn` says so. */
  async follow(address: string, goesOn: (next: string) => boolean = () => true): Promise<Page> {
    let page = await this.open(address);
    for (let steps = 0; page.location !== null && steps < 10 && goesOn(page.location); steps++)
      page = await this.open(page.location);
    return page;
  }

  /** A change, as a page of ours sends it. */
  change(path: string, body: object = {}, method: 'POST' | 'DELETE' = 'POST'): Promise<Page> {
    return this.open(path, { method, headers: { 'x-requested-with': 'mistwatch', origin: this.publicUrl }, body });
  }

  private keep(url: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    const valueOf = (attribute: string): string | undefined =>
      attributes.find((each) => each.toLowerCase().startsWith(`${attribute}=`))?.slice(attribute.length + 1);
    const path = valueOf('path') ?? '/';
    const isSame = (each: Cookie): boolean => each.host === url.host && each.name === name && each.path === path;
    this.cookies = this.cookies.filter((each) => !isSame(each));
    const isGone = valueOf('max-age') === '0' || new Date(valueOf('expires') ?? '9999-01-01').getTime() < Date.now();
    if (!isGone) this.cookies = [...this.cookies, { host: url.host, name, value, path }];
  }

  private cookieHeader({ host, pathname }: URL): Record<string, string> {
    const sent = this.cookies.filter((each) => each.host === host && pathname.startsWith(each.path));
    return sent.length === 0 ? {} : { cookie: sent.map(({ name, value }) => `${name}=${value}`).join('; ') };
  }

  private async ours(url: URL, { method = 'GET', headers = {}, body }: Sent): Promise<Page> {
    const answer = await this.app.inject({
      method,
      url: `${url.pathname}${url.search}`,
      headers: { ...this.cookieHeader(url), 'x-forwarded-for': this.address, ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
    const { location, 'set-cookie': setCookies = [], 'retry-after': retryAfter } = answer.headers;
    return {
      status: answer.statusCode,
      url: url.href,
      body: answer.body,
      location: typeof location === 'string' ? location : null,
      setCookies: Array.isArray(setCookies) ? setCookies : [String(setCookies)],
      retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
    };
  }

  private async theirs(url: URL, { headers = {} }: Sent): Promise<Page> {
    const answer = await fetch(url, { redirect: 'manual', headers: { ...this.cookieHeader(url), ...headers } });
    const location = answer.headers.get('location');
    return {
      status: answer.status,
      url: url.href,
      body: await answer.text(),
      location: location === null ? null : new URL(location, url).href,
      setCookies: answer.headers.getSetCookie(),
      retryAfter: null,
    };
  }
}
