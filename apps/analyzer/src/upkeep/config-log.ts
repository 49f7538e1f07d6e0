import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK, configItems, Database, recordConfig, SETTINGS, type Clock, type Settings } from '@app/shared';

const MINUTE_MS = 60_000;

/**
 * Puts changes of the configuration file into the audit log of every org. The file is read at no other time than a start, so each org is
 * looked at once: at the start, or within a minute after it was stored.
 */
@Injectable()
export class ConfigLog implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(ConfigLog.name);
  private readonly noted = new Set<number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => void this.tryNote(), MINUTE_MS);
    this.timer.unref();
    await this.tryNote();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  async note(): Promise<void> {
    const orgs = await this.database.query<{ id: number; externalId: string }>(
      'select id, external_id as "externalId" from org where id <> all($1) order by id',
      [[...this.noted]],
    );
    for (const { id, externalId } of orgs) {
      await recordConfig(this.database, id, configItems(this.settings, externalId), new Date(this.clock.now()));
      this.noted.add(id);
    }
  }

  /** A database that is away keeps nobody from starting. */
  private async tryNote(): Promise<void> {
    try {
      await this.note();
    } catch (error) {
      this.logger.warn({ message: 'Changes of the configuration could not be noted; it is tried again in a minute', error });
    }
  }
}
