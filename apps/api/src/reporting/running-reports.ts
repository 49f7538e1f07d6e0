import { Injectable } from '@nestjs/common';
import { Places } from '../access/places.js';

/** Reports of this process. One of a large organization and a long period is read and drawn for many seconds. */
@Injectable()
export class RunningReports extends Places {
  constructor() {
    super({ most: 3, each: 2, what: 'reports', retryAfterS: 5 });
  }
}
