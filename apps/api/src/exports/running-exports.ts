import { Injectable } from '@nestjs/common';
import { Places } from '../access/places.js';

/** Exports of this process. Each holds a connection of the pool as long as its reader takes; others must go on. */
@Injectable()
export class RunningExports extends Places {
  constructor() {
    super({ most: 3, each: 1, what: 'exports', retryAfterS: 15 });
  }
}
