import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { API_SETTINGS, type ApiSettings } from '../settings.js';
import { Callers } from './callers.js';
import { OrgScope, type CallerRequest } from './org-scope.js';

interface Lasting {
  readonly request: CallerRequest;
  readonly end: () => void;
}

/** Answers that take longer than a look at the door is good for: each ends soon after its key or session does. */
@Injectable()
export class LastingAnswers implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(LastingAnswers.name);
  private readonly lasting = new Set<Lasting>();
  private timer: NodeJS.Timeout | undefined;
  private isLooking = false;

  constructor(
    @Inject(Callers) private readonly callers: Callers,
    @Inject(API_SETTINGS) private readonly settings: ApiSettings,
  ) {}

  /** Begun here, so that it belongs to no request and looks behind nobody's fence. */
  onModuleInit(): void {
    this.timer = setInterval(() => void this.look(), this.settings.live.heartbeatMs);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Calls `end` when the caller may read the org of the request no more. What it returns is called when the answer is over. */
  watch(request: CallerRequest, end: () => void): () => void {
    const lasting = { request, end };
    this.lasting.add(lasting);
    return () => void this.lasting.delete(lasting);
  }

  private async look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      for (const { request, end } of [...this.lasting]) if (!(await this.isGranted(request))) end();
    } catch (error) {
      this.logger.warn({ message: 'Keys of answers under way could not be checked; they are tried again', error });
    } finally {
      this.isLooking = false;
    }
  }

  private async isGranted(request: CallerRequest): Promise<boolean> {
    const proof = await this.callers.proofOf(request, { isUse: false });
    return proof !== null && OrgScope.granted(proof.caller, request.orgScope?.externalId ?? '') !== null;
  }
}
