import { acts } from './acts.js';

/** The process inside the namespace: performs what its parent asks for and ends with it. */
interface Request {
  readonly id: number;
  readonly act: keyof typeof acts;
  readonly options: never;
}

async function perform({ id, act, options }: Request): Promise<void> {
  try {
    process.send!({ id, result: await acts[act](options) });
  } catch (error) {
    process.send!({ id, error: `${act}: ${(error as Error).message}` });
  }
}

process.on('message', (request) => void perform(request as Request));
process.on('disconnect', () => process.exit(0));
