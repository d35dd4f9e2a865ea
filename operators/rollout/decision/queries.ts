import type { AnalysisQuery } from '../../../services/shared/model-deployment/analysis-query.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';

/** The queries that need no other version beside the measured version. */
export function queriesOfOneVersion(analysis: ModelDeploymentSpec['analysis']): readonly AnalysisQuery[] {
  return analysis?.queries.filter(({ stableQuery }) => stableQuery === undefined) ?? [];
}

/** Whether queries measure a version that decides all keys: in Promoting and in its bake time. */
export function hasBakeTimeQueries({ analysis }: Pick<ModelDeploymentSpec, 'analysis'>): boolean {
  return queriesOfOneVersion(analysis).length > 0;
}
