import { useEffect, useState } from 'react';

/** Something that lives as long as the component: made when that appears, closed when it goes. Null before. */
export function useLiving<T extends { close(): void }>(make: () => T): T | null {
  const [living, setLiving] = useState<T | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is made once; a component that needs another is given another key.
  useEffect(() => {
    const made = make();
    setLiving(made);
    return () => made.close();
  }, []);
  return living;
}
