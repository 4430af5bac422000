/**
 * Signatures from outside and at the edges, one table for Node and for browsers (TEST-9). Hex throughout.
 */

/** RFC 8032 §7.1. */
export const rfc8032 = [
  {
    name: 'TEST 1',
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    name: 'TEST 2',
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    key: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    name: 'TEST 3',
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    key: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
  {
    name: 'TEST 1024',
    seed: 'f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5',
    key: '278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e',
    message:
      '08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f54e9f77b1e355f6c50544e23fb1433ddf73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a1b270b20329d658675fc6ea534e0810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc1a858efcb8550ee3a5e1998bd177e93a7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a579116ec6dad2b3b310da903401aa62100ab5d1a36553e06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573cb116dbefefd75499da96bd68a8a97b928a8bbc103b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed185ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5d0532ed8a5aa3fb2d17ba70eb6248e594e1a2297acbbb39d502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f27088d78b7e883c8759d2c4f5c65adb7553878ad575f9fad878e80a0c9ba63bcbcc2732e69485bbc9c90bfbd62481d9089beccf80cfe2df16a2cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128bab27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae0784504df543af8969be3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9b47acdb751fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c30c04aafdb038dda0847dd988dcda6f3bfd15c4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f6724517b65e614ad6808d6f6ee34dff7310fdc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08d78ff4ef5d63653a65040cf9bfd4aca7984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a3ca8e1b939ae49e488acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d5011fd2dcc5600a32ef5b52a1ecc820e308aa342721aac0943bf6686b64b2579376504ccc493d97e6aed3fb0f9cd71a43dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5fb93246f6b1116398a346f1a641f3b041e989f7914f90cc2c7fff357876e506b50d334ba77c225bc307ba537152f3f1610e4eafe595f6d9d90d11faa933a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380db2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef68d3a101e8a3b8cac60c905c15fc910840b94c00a0b9d0',
    signature:
      '0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03',
  },
  {
    name: 'TEST SHA(abc)',
    seed: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    key: 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    message:
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    signature:
      'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  },
] as const;

export interface SignatureCase {
  readonly why: string;
  readonly key: string;
  readonly message: string;
  readonly signature: string;
  /** The one verdict: what `@noble/ed25519` says with `zip215: false`. */
  readonly accepted: boolean;
}

/**
 * "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko, 2020), the published cases. "Mixed" means a component of
 * small order beside one of the prime order.
 */
export const published: readonly SignatureCase[] = [
  {
    why: 'key and R of small order, S = 0',
    key: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    message: '8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6',
    signature:
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a0000000000000000000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    why: 'key of small order, R mixed, S > 0',
    key: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    message: '9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79',
    signature:
      'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04',
    accepted: false,
  },
  {
    why: 'key mixed, R of small order',
    key: 'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    message: 'aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab',
    signature:
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e',
    accepted: true,
  },
  {
    why: 'key and R mixed, both equations hold',
    key: 'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
    message: '9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79',
    signature:
      '9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009',
    accepted: true,
  },
  {
    why: 'key and R mixed, only the cofactored equation holds',
    key: 'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
    message: 'e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c',
    signature:
      '160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09',
    accepted: true,
  },
  {
    why: 'key and R mixed, holds only if 8k is not reduced before use',
    key: 'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
    message: 'e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c',
    signature:
      '21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405',
    accepted: true,
  },
  {
    why: 'S above the order',
    key: '442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623',
    message: '85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40',
    signature:
      'e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514',
    accepted: false,
  },
  {
    why: 'S far above the order',
    key: '442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623',
    message: '85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40',
    signature:
      '8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa19427e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22',
    accepted: false,
  },
  {
    why: 'R not canonical, key mixed',
    key: 'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    message: 'fdaebc429f4a735932a160da1301080c13280eea8bc280d1b392c6b9e6ba3a5a',
    signature:
      'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f454d370c8d9fc323a41450f8d513eafeb5b0697390c1e505a0d4ddc71f566607',
    accepted: false,
  },
  {
    why: 'R not canonical, hashed as if it were',
    key: 'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    message: '84b698d39be126ff55fe45079e6c8bf64a0d7db6994560b4e96b7021eb39c1a1',
    signature:
      'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f084d5b99c2a9463d9c8bd5026916996984eeec87ddf1d3be329006ace1b37b09',
    accepted: false,
  },
];

/**
 * Made for this table with the group's own arithmetic, from the key of seed 07…07: one case for each way in which
 * verifiers are known to differ. "Of small order i" is i times the point c717…037a, which has order 8. Where it says
 * "S = k·a", R is that point and the cofactored equation holds; keys of small order come with R = r·B and S = r, for
 * which it holds too, so only the check of the encoding or of the key refuses them.
 */
export const crafted: readonly SignatureCase[] = [
  {
    why: 'a plain signature',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572ef2c710ad441e654c26d0dd2938d82fb4cb5c6ecf66e53a7bcef9dc3b53cfb05',
    accepted: true,
  },
  {
    why: 'S + order',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572dc006767eea4f8ac980a0575728761104db5c6ecf66e53a7bcef9dc3b53cfb15',
    accepted: false,
  },
  {
    why: 'S + 8 orders',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca57257cc1ff2a65a79157554cae9885c7aa24db5c6ecf66e53a7bcef9dc3b53cfb85',
    accepted: false,
  },
  {
    why: 'S = the order itself',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010',
    accepted: false,
  },
  {
    why: 'all zero',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    why: 'S all ones',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    accepted: false,
  },
  {
    why: 'a signature of another message',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '436169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572ef2c710ad441e654c26d0dd2938d82fb4cb5c6ecf66e53a7bcef9dc3b53cfb05',
    accepted: false,
  },
  {
    why: 'R negated',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca5f2ef2c710ad441e654c26d0dd2938d82fb4cb5c6ecf66e53a7bcef9dc3b53cfb05',
    accepted: false,
  },
  {
    why: 'R of small order 0, S = k·a',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      '01000000000000000000000000000000000000000000000000000000000000005014a5a8f62df185665064b31da4a9ec50b507c1be1f091bb0756d379707c10c',
    accepted: true,
  },
  {
    why: 'R of small order 1, S = k·a',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a9434cb13bff3335ede09c169928daee7c92f4505041c5109787c0041f5571e0c',
    accepted: true,
  },
  {
    why: 'R of small order 2, S = k·a',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      '00000000000000000000000000000000000000000000000000000000000000801d74c43147fa103d4c68c6ef1d508ff8c636d5bd56163673cbfecb2f0bcc2c07',
    accepted: true,
  },
  {
    why: 'R of small order 3, S = k·a',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05affacfb1337a92bd2deb6a61d58c099ef47b07c49838ed062c508ad3aef5b400',
    accepted: true,
  },
  {
    why: 'R of small order 4, S = k·a',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7fe7d7b9eb0ef0fc80f8640462ea715a33f65e40c4aaadf79bca8d88480fe79500',
    accepted: true,
  },
  {
    why: 'R of small order 5, S = k·a',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85ff8383d88683b23550dccfe3cd827b6fde2c38ba0aa6c0c959165cfb465b8a09',
    accepted: true,
  },
  {
    why: 'R of small order 6, S = k·a',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      '0000000000000000000000000000000000000000000000000000000000000000278ecd6cbcd0596d03dd2db10cddb28ca4e8bfb94e064f874dc6706b0ea27a06',
    accepted: true,
  },
  {
    why: 'R of small order 7, S = k·a',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03faec70dc8f0772bca683da541daefde2f25b116d8c29f9869359232027449acc05',
    accepted: true,
  },
  {
    why: 'R with a component of small order 1',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      '6a84d583f06569edb3f5ed77df65544b27d6948b4f0b2cb76f33dd8413b207197559ff023ae2776ea33f6983ceba323b087267a29f4aa8f07ae9a2f827a47b08',
    accepted: true,
  },
  {
    why: 'R with a component of small order 4',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      '76985cdbd2364a744397b773ed9a33933a0d9390c3775a2aa16fe4f8cb235a8d0b7f8de6f5116d7b88e78e32607f26d67976d8df722e816265a82e7b2835ba0e',
    accepted: true,
  },
  {
    why: 'R not canonical, y = p + 1',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7ffb8d4b7ef252ff4139f3282bcff9b1841a6ee2d4a6c8a768ebe20c1d8e556808',
    accepted: false,
  },
  {
    why: 'R not canonical, y = p + 1, sign bit',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff106eed0a6a0c2cca7d574ded61e35b89af2ab0ee11b5b319b7a0cabb12f6fe0e',
    accepted: false,
  },
  {
    why: 'R not canonical, y = p',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f74b79ce6df21a71e2bd6171f5447f960ed3569a421d005fe2bcbc60609e5d40d',
    accepted: false,
  },
  {
    why: 'R not canonical, y = p, sign bit',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff576e72882bd47cdd093a0ea16730d438a1872388c975484af5f8f5393f819503',
    accepted: false,
  },
  {
    why: 'R not canonical, y = 1, sign bit',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      '010000000000000000000000000000000000000000000000000000000000008027f7083c726fac43e2286263c9ab84bfbea9d72122e995f24ab6bbb6fc4ac40b',
    accepted: false,
  },
  {
    why: 'R not canonical, y = -1, sign bit',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff055d8ddfb0a016bdf4bb0c02886a6e7ff103f293b674c5999ee07fa9d5ccc904',
    accepted: false,
  },
  {
    why: 'key of small order 0',
    key: '0100000000000000000000000000000000000000000000000000000000000000',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572d20a1feb8ca954ab000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    why: 'key of small order 1',
    key: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572d20a1feb8ca954ab000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    why: 'key of small order 2',
    key: '0000000000000000000000000000000000000000000000000000000000000080',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572d20a1feb8ca954ab000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    why: 'key of small order 3',
    key: '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572d20a1feb8ca954ab000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    why: 'key of small order 4',
    key: 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572d20a1feb8ca954ab000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    why: 'key of small order 5',
    key: '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572d20a1feb8ca954ab000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    why: 'key of small order 6',
    key: '0000000000000000000000000000000000000000000000000000000000000000',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572d20a1feb8ca954ab000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    why: 'key of small order 7',
    key: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572d20a1feb8ca954ab000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    why: 'key not canonical, y = p + 1',
    key: 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572d20a1feb8ca954ab000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    why: 'key not canonical, y = p + 1, sign bit',
    key: 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572d20a1feb8ca954ab000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    why: 'key not canonical, y = p',
    key: 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572d20a1feb8ca954ab000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    why: 'key not canonical, y = p, sign bit',
    key: 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572d20a1feb8ca954ab000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    why: 'key not canonical, y = 1, sign bit',
    key: '0100000000000000000000000000000000000000000000000000000000000080',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572d20a1feb8ca954ab000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    why: 'key not canonical, y = -1, sign bit',
    key: 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572d20a1feb8ca954ab000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    why: 'key with a component of small order 1, equation holds only with the cofactor',
    key: '1f4f580e73ac208f06760190e9edc6f5916775dabd9c1cdca393175c2d6d1083',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca5720b7a84908f889ed2ef889dcfaba411cf8100fbf86621cf4dfda32190cd0ec206',
    accepted: true,
  },
  {
    why: 'key with a component of small order 1, equation holds without the cofactor',
    key: '1f4f580e73ac208f06760190e9edc6f5916775dabd9c1cdca393175c2d6d1083',
    message: '636169726e',
    signature:
      '3b5d007b72a4d4d3ad6b66e2f8bcc5a5bb658a888c92411b88d92f1537b433db6f30ef1ee09c16f5264cc0ec0a52edded4082758c5e711bb70fb369a7b37b50f',
    accepted: true,
  },
  {
    why: 'key with a component of small order 4, equation holds without the cofactor',
    key: '03b5939c1d63adf5410aaf84ecd13a066ab889514141846dbde11596ebb92dd3',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572506a9574f2c6271d93c7022ab27f51852ee9c041eb5899b9a3358f303ba70a0b',
    accepted: true,
  },
  {
    why: 'key with a component of small order 4, equation holds only with the cofactor',
    key: '03b5939c1d63adf5410aaf84ecd13a066ab889514141846dbde11596ebb92dd3',
    message: '636169726e',
    signature:
      '2442a7443a18bb9048b7b02f269a0c763dc65137b7cedf4cf800a9b7bcbdedc78704cdc6979e22992ef58270816980f80701f4a0775b4ca6588586c3bccdd70a',
    accepted: true,
  },
  {
    why: 'key not on the curve',
    key: '0200000000000000000000000000000000000000000000000000000000000000',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572ef2c710ad441e654c26d0dd2938d82fb4cb5c6ecf66e53a7bcef9dc3b53cfb05',
    accepted: false,
  },
  {
    why: 'R not on the curve',
    key: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    message: '636169726e',
    signature:
      '0200000000000000000000000000000000000000000000000000000000000000ef2c710ad441e654c26d0dd2938d82fb4cb5c6ecf66e53a7bcef9dc3b53cfb05',
    accepted: false,
  },
  {
    why: 'key not canonical, y = p + 3',
    key: 'f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    message: '636169726e',
    signature:
      '7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572ef2c710ad441e654c26d0dd2938d82fb4cb5c6ecf66e53a7bcef9dc3b53cfb05',
    accepted: false,
  },
];
