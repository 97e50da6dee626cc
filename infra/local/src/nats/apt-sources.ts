const TESTING = 'testing';

/**
 * The machine's own Debian sources, told to look into the suite `testing` (section `main`) instead: the same
 * mirrors and the same keys. Takes the text of a `.sources` file (deb822) and returns the same format, or ''
 * where it has no source of Debian's main archive.
 */
export function testingFromDeb822(text: string): string {
  const stanzas = text.split(/\n\s*\n/).map(fieldsOf);
  return stanzas
    .filter((fields) => {
      const types = words(fields.get('types'));
      const disabled = /^(no|false|0|off|without|disable)$/i.test(fields.get('enabled') ?? '');
      const main =
        words(fields.get('suites')).some(isMainSuite) && words(fields.get('components')).includes('main');
      return types.includes('deb') && main && !disabled;
    })
    .map((fields) => {
      const changed = new Map(fields).set('types', 'deb').set('suites', TESTING).set('components', 'main');
      return [...changed].map(([name, value]) => `${name}: ${value}\n`).join('');
    })
    .join('\n');
}

/** The same for a one-line `.list` file. */
export function testingFromList(text: string): string {
  const lines = text.split('\n').flatMap((line) => {
    const [, options = '', uri, suite, components] =
      /^\s*deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line) ?? [];
    if (!uri || !suite || !isMainSuite(suite) || !words(components).includes('main')) return [];
    return [`deb ${options}${uri} ${TESTING} main\n`];
  });
  return [...new Set(lines)].join('');
}

/** A suite of the main archive: `bookworm`, not `bookworm-security`, and not a flat folder's `./`. */
const isMainSuite = (suite: string): boolean => /^[a-z]+$/.test(suite);
const words = (text = ''): string[] => text.split(/\s+/).filter(Boolean);

/** A stanza's fields by lower-case name; what continues on further lines stays with its field. */
function fieldsOf(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of stanza.split('\n')) {
    if (line.startsWith('#') || !line.trim()) continue;
    const [, name, value] = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line) ?? [];
    if (name) {
      last = name.toLowerCase();
      fields.set(last, value ?? '');
    } else if (last) fields.set(last, `${fields.get(last)}\n${line}`);
  }
  return fields;
}
