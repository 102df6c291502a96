import { type Clock, systemClock } from '@snoopy/proto';
import type { PodSource } from '../pods/pod-source.js';
import { NsenterLauncher } from './nsenter-launcher.js';
import type { Podtracer } from './podtracer.js';
import { ProcNamespaces } from './proc-namespaces.js';
import { Resolver } from './resolver.js';
import { ToolPodtracer } from './tool-podtracer.js';

export interface PodtracerOptions {
  /** The node's /proc; `/host/proc` when it is mounted there. */
  readonly procRoot?: string;
  readonly clock?: Clock;
}

/** The way into the pods of a source, by the node's /proc, nsenter and setpriv. */
export function createPodtracer(pods: PodSource, options: PodtracerOptions = {}): Podtracer {
  const resolver = new Resolver(pods, new ProcNamespaces(options.procRoot));
  return new ToolPodtracer(resolver, new NsenterLauncher(options.clock ?? systemClock));
}
