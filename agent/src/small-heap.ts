import { setFlagsFromString } from 'node:v8';

/**
 * V8 lets its young generation grow to 2 × 16 MiB when much is allocated; the agent allocates little that lives, and its
 * memory is counted: with this factor the young generation keeps the 2 MiB that it starts with (Heap::ConfigureHeap and
 * SemiSpaceNewSpace::Grow in V8). Every new heap, that of a thread too, sets the factor back for all of them, so this is
 * to be called again then. The command-line flag for it, --max-semi-space-size, comes too late here.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

// Imported first, so that loading everything else happens in a small heap already.
keepHeapSmall();
