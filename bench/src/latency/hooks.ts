import { signatureHeaders, upDownMessage } from '@app/mist-cloud';
import { mustBe } from '../rig.js';
import type { FleetGateway } from './fleet.js';

/** Where deliveries of Mist's webhook go, and what signs them. */
export interface HookTarget {
  readonly url: string;
  readonly org: string;
  readonly secret: string;
}

/** Posts that a gateway left the cloud or came back, signed as Mist does. Returns when the request began, by `performance.now()`. */
export async function postUpDown(
  { url, org, secret }: HookTarget,
  { mac, name, siteId, siteName }: FleetGateway,
  { isUp, at }: { readonly isUp: boolean; readonly at: number },
): Promise<number> {
  const site = { id: siteId, orgId: org, name: siteName };
  const type = isUp ? 'GW_CONNECTED' : 'GW_DISCONNECTED';
  const body = JSON.stringify(upDownMessage({ mac, deviceName: name, type, atMs: at, site }));
  const postedAt = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...signatureHeaders(secret, body) },
    body,
  });
  await response.arrayBuffer();
  mustBe('status of the answer to a delivery', response.status, 202);
  return postedAt;
}
