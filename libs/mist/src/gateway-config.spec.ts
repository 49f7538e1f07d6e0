import { gatewayConfigAnswer } from './gateway-config.js';
import { portsOfKey } from './map-gateway-config.js';
import { mapRecord } from './map-record.js';

const MAC = '020000000101';
const wan = (more: object): object => ({ usage: 'wan', ip_config: { type: 'pppoe', pppoe_password: 'hunter2' }, ...more });

/** What comes out of a device and what it inherits; they travel as JSON in between. */
function read(device: object, inherited: object | null = null) {
  const answer: unknown = JSON.parse(JSON.stringify(gatewayConfigAnswer({ mac: MAC, type: 'gateway', ...device }, inherited)));
  return mapRecord('gateway-config', answer, { observedAt: 0, context: {} });
}

function portsOf(device: object, inherited: object | null = null) {
  const outcome = read(device, inherited);
  if (outcome.is !== 'ours') throw new Error(`${outcome.is}: ${outcome.reason}`);
  return Object.fromEntries(outcome.record.ports.map(({ portId, ...port }) => [portId, port]));
}

const NOTHING = { type: null, isLte: false, preferredRole: null, shapedUpMbps: null };
const ordered = (...names: string[]): object => ({ strategy: 'ordered', paths: names.map((name) => ({ type: 'wan', name })) });

describe('the configuration of a gateway', () => {
  it('tells of each WAN port what it limits, of which kind it is and whether it is cellular', () => {
    const ports = portsOf({
      port_config: {
        'ge-0/0/0': wan({ traffic_shaping: { enabled: true, max_tx_kbps: 20_500 }, wan_type: 'broadband' }),
        'ge-0/0/1': wan({ traffic_shaping: { enabled: false, max_tx_kbps: 9 }, wan_type: 'lte' }),
        'ge-0/0/2': wan({ lte_backup: true, traffic_shaping: { enabled: true } }),
        'ge-0/0/3': wan({ disabled: true }),
        'ge-0/0/4-5': { usage: 'lan' },
        'ge-0/0/6': null,
      },
    });
    expect(ports).toEqual({
      'ge-0/0/0': { ...NOTHING, type: 'broadband', shapedUpMbps: 20.5 },
      'ge-0/0/1': { ...NOTHING, type: 'lte', isLte: true },
      'ge-0/0/2': { ...NOTHING, isLte: true },
    });
  });

  it('is what the gateway itself says, port by port, before what it inherits', () => {
    const template = {
      port_config: { 'ge-0/0/0-1': wan({ wan_type: 'dsl' }), 'ge-0/0/2': wan({ wan_type: 'dsl' }) },
      path_preferences: { internet: ordered('a', 'b') },
    };
    const own = { port_config: { 'ge-0/0/1': wan({ name: 'a' }), 'ge-0/0/2': wan({ name: 'b', disabled: true }) } };
    expect(portsOf(own, template)).toEqual({ 'ge-0/0/0': { ...NOTHING, type: 'dsl' }, 'ge-0/0/1': NOTHING });
  });

  it('gives roles in the order of paths, through a VPN or not, of WANs that are there', () => {
    const port_config = { 'ge-0/0/0': wan({ name: 'main' }), 'ge-0/0/1': wan({ name: 'second' }), 'ge-0/0/2': wan({}) };
    const vpn = (name: string): object => ({ type: 'vpn', name: `hub-${name}`, wan_name: name });
    const roles = (...paths: object[]): unknown[] => {
      const path_preferences = { all: { paths }, shared: { strategy: 'ecmp', paths: [...paths].reverse() } };
      return Object.values(portsOf({ port_config, path_preferences })).map(({ preferredRole }) => preferredRole);
    };
    const [main, second] = [{ type: 'wan', name: 'main' }, vpn('second')];
    expect(roles(main, vpn('main'), second)).toEqual(['primary', 'secondary', null]);
    expect(roles({ type: 'local' }, second, main)).toEqual(['secondary', 'primary', null]);
    expect(roles({ ...second, disabled: true }, main)).toEqual([null, null, null]);
    expect(roles({ type: 'wan', name: 'elsewhere' }, main)).toEqual([null, null, null]);
  });

  it('has its variables filled in; one that only the site knows says nothing', () => {
    const template = {
      port_config: {
        '{{first}}': wan({ name: '{{ name }}', traffic_shaping: { enabled: true, max_tx_kbps: '{{cap}}' } }),
        'ge-0/0/1': wan({ name: 'second', wan_type: '{{kind}}' }),
        '{{unknown}}': wan({}),
      },
      path_preferences: { internet: ordered('{{name}}', 'second') },
    };
    expect(portsOf({ vars: { first: 'ge-0/0/0', name: 'main', cap: 5000 } }, template)).toEqual({
      'ge-0/0/0': { ...NOTHING, preferredRole: 'primary', shapedUpMbps: 5 },
      'ge-0/0/1': { ...NOTHING, preferredRole: 'secondary' },
    });
    expect(portsOf({ vars: { first: 'ge-0/0/0', name: 'main' } }, template)['ge-0/0/0']).toMatchObject({ shapedUpMbps: null });
  });

  it('leaves passwords where they are', () => {
    const secret = {
      vars: { psk: 'hunter2' },
      port_config: { 'ge-0/0/0': wan({ lte_password: 'hunter2' }) },
      ntp_servers: ['hunter2'],
    };
    expect(JSON.stringify(gatewayConfigAnswer({ mac: MAC, ...secret }, secret))).not.toContain('hunter2');
  });

  it.each<[object, string]>([
    [{ type: 'ap' }, 'a device of type "ap"'],
    [{ mac: undefined }, 'mac is missing, and id does not end with one'],
    [{ port_config: { 'ge-0/0/0': 'wan' } }, 'own.port_config.ge-0/0/0 must be object,null, but is "wan"'],
    [{ path_preferences: { a: { paths: [7] } } }, 'own.path_preferences.a.paths.0 must be object, but is 7'],
  ])('is refused where it is not as agreed: %j', (device, reason) => {
    expect(read(device)).toMatchObject({ reason });
  });

  it('never takes a NUL for a port', () => {
    expect(read({ port_config: { 'ge\u0000': wan({}) } })).toMatchObject({ is: 'faulty' });
  });
});

describe('a key of port_config', () => {
  it.each([
    ['ge-0/0/0', ['ge-0/0/0']],
    ['ge-0/0/0,ge-7/0/0', ['ge-0/0/0', 'ge-7/0/0']],
    ['ge-0/0/1-3', ['ge-0/0/1', 'ge-0/0/2', 'ge-0/0/3']],
    ['cl-1/0/0, ge-0/0/9-10', ['cl-1/0/0', 'ge-0/0/9', 'ge-0/0/10']],
    ['ge-0/0/5-1', []],
    ['ge-0/0/0-9999999', []],
    ['', []],
  ])('%s', (key, ports) => {
    expect(portsOfKey(key)).toEqual(ports);
  });
});
