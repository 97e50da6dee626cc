import { z } from 'zod';

// The relay's content security policy forbids making code from text, which zod would try and the browser report.
z.config({ jitless: true });
