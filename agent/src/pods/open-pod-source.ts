import { CriSource } from './cri-source.js';
import { NetnsSource } from './netns-source.js';
import type { PodSource } from './pod-source.js';
import type { PodsSetting } from './pods-setting.js';

/** The adapter for a setting. */
export function openPodSource(setting: PodsSetting): PodSource {
  return setting.kind === 'cri' ? new CriSource(setting.socket) : new NetnsSource(setting.file);
}
