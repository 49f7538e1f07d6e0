import { findWebhooks, newWebhook } from './webhook-config.js';

const WANTED = { url: 'https://mw.example.com/v1/hooks/mist/org-1', secret: 'a-secret-of-the-hook' };
const ROW = { id: 'hook-1', created_time: 1, org_id: 'org-1', headers: {}, ...newWebhook(WANTED) };
const faultsOf = (more: object): readonly string[] | undefined => findWebhooks([{ ...ROW, ...more }], WANTED)[0]?.faults;

describe('findWebhooks', () => {
  it('finds nothing wrong with what we made ourselves', () => {
    expect(findWebhooks([{ id: 'x', url: 'https://elsewhere.example.com' }, ROW, null, 'x'], WANTED)).toMatchObject([
      { id: 'hook-1', faults: [], isSecretHidden: false },
    ]);
  });

  it('leaves topics, headers and certificates that people chose alone', () => {
    expect(
      faultsOf({ topics: ['audits', 'device_events', 'alarms', 'device-updowns'], verify_cert: false, name: 'ours' }),
    ).toEqual([]);
  });

  it.each([
    [{ enabled: false }, 'it is switched off'],
    [{ secret: 'another' }, 'its secret is another'],
    [{ secret: null }, 'its secret is another'],
    [{ secret: '' }, 'its secret is another'],
    [{ type: 'splunk' }, 'its type is not http-post'],
    [{ topics: ['alarms'] }, 'topics are missing: device-events, device-updowns'],
    [{ topics: null }, 'topics are missing: alarms, device-events, device-updowns'],
    [{ url: 'https://old.example.com' }, 'it sends to another address'],
  ])('says what is wrong with %j', (more, fault) => {
    expect(faultsOf(more)).toEqual([fault]);
  });

  it.each([{ secret: undefined }, { secret: '******' }])('cannot tell about the secret of %j', (more) => {
    expect(findWebhooks([{ ...ROW, ...more }], WANTED)).toMatchObject([{ faults: [], isSecretHidden: true }]);
  });

  it('puts right what is wrong and keeps the rest', () => {
    const [hook] = findWebhooks([{ ...ROW, name: 'ours', topics: ['audits'], enabled: false, verify_cert: false }], WANTED);
    expect(hook?.repair).toEqual({
      ...newWebhook(WANTED),
      name: 'ours',
      topics: ['audits', 'alarms', 'device-events', 'device-updowns'],
      verify_cert: false,
    });
  });

  it('takes the best of several, and one with our name only when none has our address', () => {
    const broken = { ...ROW, id: 'hook-0', enabled: false };
    const moved = { ...ROW, id: 'hook-2', url: 'https://old.example.com' };
    expect(findWebhooks([broken, moved, ROW], WANTED).map(({ id }) => id)).toEqual(['hook-1', 'hook-0']);
  });
});
