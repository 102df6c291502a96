export type Labels = Readonly<Record<string, string>>;

/** Puts a value into a family. */
export type Put = (value: number, labels?: Labels) => void;

/**
 * A page in Prometheus' text format (version 0.0.4), written when it is asked for: nothing is kept between two scrapes.
 */
export class MetricsPage {
  static readonly type = 'text/plain; version=0.0.4; charset=utf-8';
  #text = '';

  get text(): string {
    return this.#text;
  }

  gauge(name: string, help: string, fill: (put: Put) => void): void {
    this.#family('gauge', name, help, fill);
  }

  /** @param name ends in _total */
  counter(name: string, help: string, fill: (put: Put) => void): void {
    this.#family('counter', name, help, fill);
  }

  #family(type: string, name: string, help: string, fill: (put: Put) => void): void {
    this.#text += `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${type}\n`;
    fill((value, labels = {}) => {
      this.#text += `${name}${labelText(labels)} ${value}\n`;
    });
  }
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return parts.length > 0 ? `{${parts.join(',')}}` : '';
}

function escaped(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
