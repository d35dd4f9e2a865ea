/** Extensions of the Open Inference Protocol, by the names that Triton gives them. */
export const EXTENSIONS = [
  'binary_tensor_data',
  'model_configuration',
  'model_repository',
  'statistics',
] as const;
