// Original file: proto/snoopy/v1/observer.proto

export const Translation = {
  TRANSLATION_UNSPECIFIED: 'TRANSLATION_UNSPECIFIED',
  TRANSLATION_DNAT: 'TRANSLATION_DNAT',
  TRANSLATION_SNAT: 'TRANSLATION_SNAT',
  TRANSLATION_DNAT_SNAT: 'TRANSLATION_DNAT_SNAT',
} as const;

export type Translation =
  | 'TRANSLATION_UNSPECIFIED'
  | 0
  | 'TRANSLATION_DNAT'
  | 1
  | 'TRANSLATION_SNAT'
  | 2
  | 'TRANSLATION_DNAT_SNAT'
  | 3

export type Translation__Output = typeof Translation[keyof typeof Translation]
