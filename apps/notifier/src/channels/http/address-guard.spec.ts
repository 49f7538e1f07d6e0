import { addressRefusal } from './address-guard.js';

const PUBLIC = ['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946', '::ffff:93.184.216.34', '64:ff9b::5db8:d822'];
const PRIVATE = [
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '127.0.0.1',
  '127.8.8.8',
  '100.64.0.1',
  '::1',
  'fd12:3456::1',
  '::ffff:10.0.0.1',
  '::ffff:7f00:1',
  '64:ff9b::a00:1',
];
const NEVER = [
  '0.0.0.0',
  '::',
  '169.254.169.254',
  '169.254.1.1',
  '::ffff:169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  'fe80::1',
  'fd00:ec2::254',
  '100.100.100.200',
  '168.63.129.16',
  '224.0.0.1',
  'ff02::1',
  '255.255.255.255',
  '192.0.0.192',
  '240.0.0.1',
  '2002:7f00:1::',
  '2001:0:7f00:1::',
  '::7f00:1',
  '::a9fe:a9fe',
  '64:ff9b:1:a00:0:100:5db8:d822',
  'not an address',
];

describe('addresses to send to', () => {
  it.each(PUBLIC)('%s may always be reached', (address) => {
    expect([addressRefusal(address, false), addressRefusal(address, true)]).toEqual([null, null]);
  });

  it.each(PRIVATE)('%s only where somebody allowed it, who is told how', (address) => {
    expect(addressRefusal(address, false)).toContain('allowPrivate: true');
    expect(addressRefusal(address, true)).toBeNull();
  });

  it.each(NEVER)('%s never', (address) => {
    expect(addressRefusal(address, false)).not.toBeNull();
    expect(addressRefusal(address, true)).not.toBeNull();
  });
});
