import type { EpochMs, PortState } from '../../sample.js';
import type { Severity } from '../../severity.js';
import type { AlertState, AlertStatus } from '../alert.js';

/** Everything that is stored about one alert and what became of it. */
export interface AlertStory {
  readonly alert: {
    readonly id: number;
    readonly rule: string;
    /** Name of the circuit or site, in the words of people. */
    readonly about: string;
    readonly status: AlertStatus;
    readonly severity: Severity;
    readonly state: AlertState;
    readonly suppressedBy: string | null;
  };
  readonly changes: readonly {
    readonly at: EpochMs;
    readonly to: AlertStatus;
    readonly severity: Severity;
    readonly reason: string;
    readonly data: Readonly<Record<string, unknown>>;
  }[];
  readonly incidents: readonly IncidentStory[];
  /** Incidents that also hold alerts which the reader may not see: nothing else is known of them. */
  readonly hiddenIncidents: number;
  readonly notes: readonly { readonly at: EpochMs; readonly author: string; readonly text: string }[];
  readonly noise: { readonly at: EpochMs; readonly by: string } | null;
}

export interface IncidentStory {
  readonly id: number;
  readonly title: string;
  readonly openedAt: EpochMs;
  readonly joinedAt: EpochMs;
  readonly toldAt: EpochMs | null;
  readonly members: number;
  readonly decisions: readonly {
    readonly at: EpochMs;
    readonly reason: string;
    readonly detail: Readonly<Record<string, unknown>>;
  }[];
  readonly deliveries: readonly DeliveryStory[];
}

export interface DeliveryStory {
  readonly createdAt: EpochMs;
  readonly destination: string;
  readonly reason: string;
  readonly status: string;
  readonly withheldReason: string | null;
  readonly attempts: readonly { readonly at: EpochMs; readonly outcome: string; readonly answer: string | null }[];
}

/** What is known of a site or circuit about which somebody asks why nobody was told. */
export interface SubjectStory {
  readonly about: string;
  /** Mist lists it no longer. */
  readonly removedAt: EpochMs | null;
  readonly open: readonly {
    readonly id: number;
    readonly rule: string;
    readonly status: AlertStatus;
    readonly suppressedBy: string | null;
  }[];
  readonly past: readonly {
    readonly id: number;
    readonly rule: string;
    readonly firedAt: EpochMs | null;
    readonly resolvedAt: EpochMs | null;
    readonly reason: string | null;
  }[];
  readonly circuits: readonly {
    readonly name: string;
    readonly state: PortState | null;
    readonly since: EpochMs | null;
    readonly seenAt: EpochMs | null;
    readonly isLive: boolean;
    readonly isDisabled: boolean;
  }[];
  readonly gateways: readonly { readonly name: string; readonly connected: boolean | null; readonly since: EpochMs | null }[];
  /** Kinds of data and when each was last committed. */
  readonly polls: readonly { readonly kind: string; readonly committedAt: EpochMs | null }[];
  readonly disabledRules: readonly string[];
  readonly silences: readonly { readonly id: number; readonly owner: string; readonly reason: string; readonly to: EpochMs }[];
}

/** One sentence of an explanation; `at` null = it is about now. */
export interface StoryLine {
  readonly at: EpochMs | null;
  readonly text: string;
}
