import { Controller } from '@nestjs/common';
import { HandlesJob, type HandlersFor, type NoteChangesJob } from '@app/shared';
import { LiveNotes } from './live-notes.service.js';

/** What streams tell is not what facts and alerts are made of; it shares their queue only. */
@Controller()
export class LiveHandlers implements Pick<HandlersFor<'analyze'>, 'note-changes'> {
  constructor(private readonly notes: LiveNotes) {}

  @HandlesJob('note-changes')
  'note-changes'({ orgId }: NoteChangesJob): Promise<void> {
    return this.notes.note(orgId);
  }
}
