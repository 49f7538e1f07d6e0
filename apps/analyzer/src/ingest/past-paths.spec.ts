import { PastPaths } from './past-paths.repository.js';

const past = new PastPaths([
  { mac: 'old', port_id: 'ge-0/0/0', until_ms: 1000, device_id: 7, now_port: 'ge-0/0/5', names: ['broadband'] },
]);

test('late paths of a replaced gateway go to the one that carries their circuit today, under its port', () => {
  expect(past.placeOf({ mac: 'old', portName: 'ge-0/0/0', sample: { at: 999 } })).toEqual({ deviceId: 7, portName: 'ge-0/0/5' });
  expect(past.placeOf({ mac: 'old', portName: 'broadband', sample: { at: 0 } })).toEqual({ deviceId: 7, portName: 'broadband' });
});

test('what is of another port, another gateway or a later time stays where it is', () => {
  expect(past.placeOf({ mac: 'old', portName: 'ge-0/0/1', sample: { at: 0 } })).toEqual({});
  expect(past.placeOf({ mac: 'new', portName: 'ge-0/0/0', sample: { at: 0 } })).toEqual({});
  expect(past.placeOf({ mac: 'old', portName: 'ge-0/0/0', sample: { at: 1000 } })).toEqual({});
});
