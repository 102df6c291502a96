import { cleanUp, type Leftovers } from './containerd-cleanup.js';

// Runs beside a rig (see containerd.ts): when the program that started the rig dies without a word, this cleans up.
const rig = JSON.parse(process.argv[2]!) as Leftovers;
await cleanUp(rig);
