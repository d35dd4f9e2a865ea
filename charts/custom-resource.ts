import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { modelDeploymentCrd } from '../services/shared/model-deployment/crd.ts';
import { ComponentChart } from './component-chart.ts';

/** The CustomResourceDefinition of ModelDeployment, derived from the shared schema. */
export class CustomResourceChart extends ComponentChart {
  constructor(scope: Construct) {
    super(scope, 'model-deployment-definition', 'cluster');
    new ApiObject(this, 'definition', modelDeploymentCrd());
  }
}
