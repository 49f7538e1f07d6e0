import { mapBatch } from './mapper.js';

const AT = Date.UTC(2026, 2, 2, 12);
const PORT = {
  type: 'gateway',
  port_usage: 'wan',
  mac: '02:00:00:00:01:0A',
  port_id: 'ge-0/0/0',
  site_id: 'site-1',
  up: true,
  rx_bytes: 4_563_443_626,
  tx_bytes: null,
  speed: 1000,
  last_flapped: 1772452800.25,
  loss: 0.5,
};

describe('wan-ports', () => {
  it('maps a WAN port and leaves what was not said null', () => {
    const batch = mapBatch('wan-ports', [PORT], AT);
    expect(batch).toMatchObject({ notOurs: 0, setAside: [] });
    expect(batch.records).toEqual([
      {
        mac: '02000000010a',
        portId: 'ge-0/0/0',
        siteId: 'site-1',
        sample: {
          at: AT,
          receivedAt: AT,
          up: true,
          active: null,
          disabled: false,
          rxBytes: 4_563_443_626,
          txBytes: null,
          uptimeS: null,
          counterBits: null,
          speedMbps: 1000,
          lastFlappedAt: 1_772_452_800_250,
          latencyMs: null,
          jitterMs: null,
          lossPct: 0.5,
        },
      },
    ]);
  });

  it('counts the rows of other devices and LAN ports as not ours, whatever they hold', () => {
    const batch = mapBatch('wan-ports', [PORT, { ...PORT, type: 'switch', rx_bytes: -1 }, { ...PORT, port_usage: 'lan' }], AT);
    expect([batch.records.length, batch.notOurs, batch.setAside.length]).toEqual([1, 2, 0]);
  });

  it.each([
    [{ rx_bytes: -5 }, 'rx_bytes must be >= 0, but is -5'],
    [{ rx_bytes: 2 ** 53 }, 'rx_bytes must be <= 9007199254740991, but is 9007199254740992'],
    [{ tx_bytes: Number.NaN }, 'tx_bytes must be integer,null, but is NaN'],
    [{ tx_bytes: '12' }, 'tx_bytes must be integer,null, but is "12"'],
    [{ loss: 100.5 }, 'loss must be <= 100, but is 100.5'],
    [{ latency: -1 }, 'latency must be >= 0, but is -1'],
    [{ up: 'yes' }, 'up must be boolean,null, but is "yes"'],
    [{ mac: 'gateway-1' }, 'mac must be a MAC address of 12 hex digits, but is "gateway-1"'],
    [{ site_id: undefined }, 'site_id is missing'],
    [{ last_flapped: 1_772_452_800_000 }, 'last_flapped must be <= 7258118400, but is 1772452800000'],
    [{ port_usage: null }, 'port_usage is missing: the port may be a LAN port'],
  ])('sets a row with %j aside and keeps its neighbours', (fault, reason) => {
    const row = { ...PORT, ...fault };
    const batch = mapBatch('wan-ports', [PORT, row, PORT], AT);
    expect(batch.records).toHaveLength(2);
    expect(batch.setAside).toEqual([{ position: 1, reason, record: row }]);
  });

  it('sets aside what is no record at all', () => {
    expect(mapBatch('wan-ports', [null, 'x', [PORT]], AT).setAside.map(({ reason }) => reason)).toEqual(
      Array<string>(3).fill('the record is not an object'),
    );
  });
});

describe('peer-paths', () => {
  it('keeps a missing figure null, not 0', () => {
    const row = {
      mac: '020001c04668',
      peer_mac: '020001367EDD',
      peer_port_id: 'DC_Internet',
      port_id: 'Lte',
      up: true,
      latency: 91,
      mos: 4,
    };
    expect(mapBatch('peer-paths', [row], AT).records).toEqual([
      {
        mac: '020001c04668',
        portName: 'Lte',
        siteId: null,
        sample: {
          at: AT,
          peer: '020001367edd|DC_Internet',
          up: true,
          active: null,
          latencyMs: 91,
          jitterMs: null,
          lossPct: null,
          mos: 4,
          mtu: null,
        },
      },
    ]);
  });
});

describe('device-events', () => {
  const event = (fields: object): object => ({ timestamp: 1772452800.5, type: 'GW_PORT_DOWN', mac: '020000000101', ...fields });

  it.each([
    [{ port_id: 'ge-0/0/1' }, 'ge-0/0/1', { of: 'port', state: 'down' }],
    [{ type: 'GW_PORT_UP', text: 'SNMP_TRAP_LINK_UP: ifName ge-0/0/2, ifAlias wan' }, 'ge-0/0/2', { of: 'port', state: 'up' }],
    [{ text: 'port down on interface dh00000004' }, null, { of: 'port', state: 'down' }],
    [{ type: 'GW_CONNECTED' }, null, { of: 'gateway', connected: true }],
    [{ type: 'GW_DISCONNECTED' }, null, { of: 'gateway', connected: false }],
    [{ type: 'GW_RESTARTED' }, null, null],
  ])('reads %j', (fields, portId, effect) => {
    expect(mapBatch('device-events', [event(fields)], AT).records).toMatchObject([{ at: 1_772_452_800_500, portId, effect }]);
  });

  it('passes over what happened to access points and clients', () => {
    const rows = [
      { timestamp: 1, type: 'CLIENT_DNS_OK', ap: '020000000201' },
      { timestamp: 1, type: 'AP_CONFIGURED' },
    ];
    expect(mapBatch('device-events', rows, AT)).toMatchObject({ notOurs: 2, records: [], setAside: [] });
  });
});

describe('inventory, gateways, sites', () => {
  it('reads the MAC from the id when the row has none', () => {
    const rows = [
      { id: '00000000-0000-0000-1000-0200000001ff', type: 'gateway', connected: false, site_id: null },
      { type: 'mxedge', mac: '0200000001fe' },
    ];
    const batch = mapBatch('inventory', rows, AT);
    expect(batch).toMatchObject({ notOurs: 1, records: [{ mac: '0200000001ff', siteId: null, connected: false }] });
  });

  it('joins the logical interfaces of a gateway to its WAN ports', () => {
    const row = {
      mac: '020000000101',
      type: 'gateway',
      status: 'connected',
      uptime: 4000,
      if_stat: {
        'ge-0/0/0.0': { port_id: 'ge-0/0/0', port_usage: 'wan', wan_name: 'dia', servp_info: { org: 'Example Fibre' } },
        'cl-1/0/0.0': { port_usage: 'wan', wan_type: 'lte' },
        'ge-0/0/5.130': { port_id: 'ge-0/0/5', port_usage: 'lan' },
      },
    };
    expect(mapBatch('gateways', [row], AT).records).toMatchObject([
      {
        connected: true,
        uptimeS: 4000,
        wanPorts: [
          { portId: 'ge-0/0/0', wanName: 'dia', provider: 'Example Fibre', isLte: false },
          { portId: 'cl-1/0/0', wanName: null, provider: null, isLte: true },
        ],
      },
    ]);
  });

  it('accepts a site of which Mist knows only the id', () => {
    expect(mapBatch('sites', [{ id: 's', name: null, latlng: null }], AT).records).toEqual([
      {
        siteId: 's',
        name: null,
        timezone: null,
        countryCode: null,
        sitegroupIds: [],
        gatewayTemplateId: null,
        latitude: null,
        longitude: null,
      },
    ]);
  });
});

describe('alarms', () => {
  it('falls back to what an alarm is without its optional fields', () => {
    expect(mapBatch('alarms', [{ id: 'a', type: 'gw_port_down', timestamp: 100 }], AT).records).toMatchObject([
      { group: 'unknown', severity: 'unknown', at: 100_000, lastSeenAt: 100_000, resolvedAt: null, count: 1, acked: null },
    ]);
  });
});

describe('characters that no database keeps', () => {
  it.each(['a\0b', 'a\ud800b'])('sets a row with %j in an id aside', (bad) => {
    const batch = mapBatch('wan-ports', [{ ...PORT, port_id: bad }, PORT], AT);
    expect(batch.records).toHaveLength(1);
    expect(batch.setAside.map(({ reason }) => reason)).toEqual([
      `port_id must hold neither NUL nor half a surrogate pair, but is ${JSON.stringify(bad)}`,
    ]);
  });

  it('marks them in names and texts, and leaves whole pairs alone', () => {
    const sites = mapBatch('sites', [{ id: 'site-1', name: 'A\0\ud800 \u{1F600}' }], AT);
    expect(sites.records).toMatchObject([{ name: 'A\uFFFD\uFFFD \u{1F600}' }]);
    const groups = mapBatch('site-groups', [{ id: 'group-1', name: 'A\0' }], AT);
    expect(groups.records).toMatchObject([{ name: 'A\uFFFD' }]);
  });
});
