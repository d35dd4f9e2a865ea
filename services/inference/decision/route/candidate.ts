/** A second model beside the stable one. */
export interface Candidate {
  readonly version: string;
  /** `sha256:…`, verified before the model is used. */
  readonly digest: string;
  /** `shadow`: asked after the stable model's decision is out; `canary`: decides its share of the keys. */
  readonly mode: 'shadow' | 'canary';
  /** Share of the partition keys that it decides; 0 in shadow. */
  readonly weightPercent: number;
}
