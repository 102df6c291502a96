/** What a run writes. */
export interface RunFile {
  readonly name: string;
  readonly bytes: number;
  /** Returns false when no more should come until `onDrain`. */
  write(data: Uint8Array): boolean;
  /** Resolves when everything is on the disk; rejects with a sentence when it is not. */
  end(): Promise<void>;
  onDrain: () => void;
  /** Called once when it cannot be written; the sentence. */
  onFailure: (why: string) => void;
}

/** Port: where runs keep what they got. Namespaces, names and runs are names of Kubernetes objects, or decimal. */
export interface RunFiles {
  open(namespace: string, job: string, run: string, ending: string): Promise<RunFile>;
  remove(namespace: string, job: string, run: string): Promise<void>;
  /** All files of a job. */
  removeAll(namespace: string, job: string): Promise<void>;
  /** The file of a run; undefined: it has none. */
  find(namespace: string, job: string, run: string): Promise<{ path: string; name: string } | undefined>;
}
