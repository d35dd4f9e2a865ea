/** Hook after rendering: notes what the hooks around the deploy need of the manifests. It changes nothing else. */
import { noteOf } from './deploy-note.ts';
import { NOTES } from './hook-settings.ts';
import { NoteFile } from './note-file.ts';
import { readAll } from './read-all.ts';
import { runHook } from './run-hook.ts';

await runHook(async () => {
  const note = noteOf(await readAll(process.stdin));
  if (note) new NoteFile(NOTES).write(note);
});
