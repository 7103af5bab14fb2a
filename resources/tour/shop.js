const prices = { apples: 1.2, pears: 0.8 };

// What stands on the shelf.
export function label(name) {
  return `${name}: ${prices[name]}`;
}
