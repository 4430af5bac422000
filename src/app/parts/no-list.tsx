/** Stands where a list should be that is not here. */
import { hashOf } from '../route.ts';

export function NoList() {
  return (
    <div class="empty">
      <p>This list is not here. It was deleted, or has not arrived yet.</p>
      <p>
        <a href={hashOf(null, { kind: 'deleted' })}>See what was deleted</a>
      </p>
    </div>
  );
}
