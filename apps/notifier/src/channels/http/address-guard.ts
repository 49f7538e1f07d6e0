import { lookup as resolve, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { PermanentError } from '@app/shared';

/** Where a cloud tells its machines their credentials; some lie in ranges that are otherwise harmless. */
const METADATA = new Set(['169.254.169.254', '168.63.129.16', '100.100.100.200', 'fd00:ec2::254']);
const PRIVATE_RANGES = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);

/** Where an IPv4 address hides that is not read as one: the old compatible form, and a local prefix of translators that has it elsewhere. */
const DISGUISES = ['::/96', '64:ff9b:1::/48'].map((range) => ipaddr.IPv6.parseCIDR(range));
/** Of the first of these, addresses with a meaning of their own. */
const OWN_RANGES = new Set(['loopback', 'unspecified']);

/** Why nothing may be sent to an address; `null` = it may. What is neither public nor an ordinary private address never may. */
export function addressRefusal(address: string, allowPrivate: boolean): string | null {
  if (!ipaddr.isValid(address)) return 'is no address';
  const told = ipaddr.process(address);
  if (told instanceof ipaddr.IPv6 && !OWN_RANGES.has(told.range()) && DISGUISES.some((range) => told.match(range)))
    return `is ${told.toString()}, which hides another one`;
  const parsed = withoutDisguise(told);
  const text = parsed.toString();
  if (METADATA.has(text)) return `is ${text}, where the cloud keeps credentials`;
  const range = parsed.range();
  if (range === 'unicast' || (allowPrivate && PRIVATE_RANGES.has(range))) return null;
  const hint = PRIVATE_RANGES.has(range) ? '; allowPrivate: true in the configuration of the channel permits it' : '';
  return `is ${text}, which is not public (${range})${hint}`;
}

/** The IPv4 address that a network translates an IPv6 address to. */
function withoutDisguise(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  return address.range() === 'rfc6052' ? new ipaddr.IPv4(address.toByteArray().slice(12)) : address;
}

export class AddressRefusedError extends PermanentError {
  constructor(host: string, refusal: string) {
    super('ADDRESS_REFUSED', `Nothing is sent to ${host}: its address ${refusal}.`);
  }
}

/** A host that is an address is never looked up, so it is judged by itself. */
export function refuseHost(host: string, allowPrivate: boolean): void {
  const address = host.replace(/^\[|\]$/g, '');
  if (!ipaddr.isValid(address)) return;
  const refusal = addressRefusal(address, allowPrivate);
  if (refusal !== null) throw new AddressRefusedError(host, refusal);
}

/**
 * Looks a name up for a connection that is just being made, and gives only addresses that may be reached: what is judged is what is connected to,
 * whatever the name means a moment later.
 */
export const guardedLookup =
  (allowPrivate: boolean): LookupFunction =>
  (host, options, done) => {
    resolve(host, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error !== null) return done(error, []);
      const refusals = found.map(({ address }) => addressRefusal(address, allowPrivate));
      const allowed = found.filter((_, i) => refusals[i] === null);
      const [first] = allowed;
      if (first === undefined) return done(new AddressRefusedError(host, refusals[0] ?? 'is unknown'), []);
      if (options.all === true) return done(null, allowed);
      done(null, first.address, first.family);
    });
  };
