import { describe, expect, it } from 'vitest';
import { testingFromDeb822, testingFromList } from './apt-sources.ts';

describe("the machine's own sources, with the suite testing", () => {
  it('keep mirror and key, and leave the security archive out', () => {
    const text = `Types: deb deb-src
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`;
    expect(testingFromDeb822(text)).toBe(`types: deb
uris: http://mirror.example/debian
suites: testing
components: main
signed-by: /usr/share/keyrings/debian-archive-keyring.gpg
`);
  });

  it('keep a key that stands in the file itself', () => {
    const text = `Types: deb
URIs: http://mirror.example/debian
Suites: trixie
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----
`;
    expect(testingFromDeb822(text)).toContain(
      'signed-by: \n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----\n',
    );
  });

  it.each([
    ['is switched off', 'Enabled: no\nTypes: deb\nURIs: http://a\nSuites: bookworm\nComponents: main'],
    ['has source packages only', 'Types: deb-src\nURIs: http://a\nSuites: bookworm\nComponents: main'],
    ['has no section main', 'Types: deb\nURIs: http://a\nSuites: bookworm\nComponents: non-free'],
    ['is a flat folder', 'Types: deb\nURIs: http://a\nSuites: ./'],
  ])('pass over a source that %s', (_why, text) => {
    expect(testingFromDeb822(text)).toBe('');
  });

  it('come from one-line files too, each mirror once', () => {
    const text = `# deb http://old.example/debian bookworm main
deb [signed-by=/k.gpg arch=amd64] http://mirror.example/debian bookworm main contrib # mine
deb http://mirror.example/debian-security bookworm-security main
deb-src http://mirror.example/debian bookworm main
deb http://second.example/debian bookworm main
deb http://second.example/debian stable main
deb http://elsewhere.example/apt cloud-sdk-bookworm main
`;
    expect(
      testingFromList(text),
    ).toBe(`deb [signed-by=/k.gpg arch=amd64] http://mirror.example/debian testing main
deb http://second.example/debian testing main
`);
  });
});
