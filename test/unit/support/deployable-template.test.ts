import { describe, expect, test } from '@jest/globals';
import { deployable } from '../../support/aws/deployable-template.ts';

const template = {
  Resources: {
    provider: { Type: 'AWS::IAM::OIDCProvider', Properties: { Url: 'https://example.com' } },
    role: {
      Type: 'AWS::IAM::Role',
      DependsOn: ['provider', 'key'],
      Properties: { Trust: [{ 'Fn::GetAtt': ['provider', 'Arn'] }], Key: { Ref: 'key' } },
    },
    key: { Type: 'AWS::KMS::Key', Properties: { Tags: [], EnableKeyRotation: true } },
  },
  Outputs: { Provider: { Value: { Ref: 'provider' } } },
};

describe('a template for an emulator', () => {
  test('lacks refused resources and properties, and has a value where something refers to them', () => {
    const refused = [
      { type: 'AWS::IAM::OIDCProvider', unshown: '', reference: { Ref: 'AWS::AccountId' } },
      { type: 'AWS::KMS::Key', properties: ['Tags'], unshown: '' },
    ];
    expect(deployable(template, refused)).toEqual({
      Resources: {
        role: {
          Type: 'AWS::IAM::Role',
          DependsOn: ['key'],
          Properties: { Trust: [{ Ref: 'AWS::AccountId' }], Key: { Ref: 'key' } },
        },
        key: { Type: 'AWS::KMS::Key', Properties: { EnableKeyRotation: true } },
      },
      Outputs: { Provider: { Value: { Ref: 'AWS::AccountId' } } },
    });
  });

  test('is what it was if the emulator refuses nothing', () => {
    expect(deployable(template, [])).toEqual(template);
  });

  test('is refused if something refers to what is left out, and the table has no value for it', () => {
    expect(() => deployable(template, [{ type: 'AWS::IAM::OIDCProvider', unshown: '' }])).toThrow(
      'the template refers to provider, of type AWS::IAM::OIDCProvider',
    );
  });
});
