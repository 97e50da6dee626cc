/** A list's meta for a page of so many in all. */
export const pageMeta = (total: number, { page, limit }: { page: number; limit: number }) => ({
  total,
  page,
  limit,
  totalPages: Math.ceil(total / limit),
});

/** How many rows come before a page. */
export const offsetOf = ({ page, limit }: { page: number; limit: number }): number => (page - 1) * limit;
