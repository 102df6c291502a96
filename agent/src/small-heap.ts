import { setFlagsFromString } from 'node:v8';

/*
 * Imported first. V8 lets its young generation grow to 2 × 16 MiB when much is allocated; the agent allocates little that
 * lives, and its memory is counted: with this factor the young generation keeps the 2 MiB that it starts with (Heap::
 * ConfigureHeap and SemiSpaceNewSpace::Grow in V8). The command-line flag for it, --max-semi-space-size, comes too late
 * here.
 */
setFlagsFromString('--semi-space-growth-factor=1');
