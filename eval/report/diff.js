// Which parts of a text have no counterpart in another: outside their longest common subsequence of words or characters.
const differences = (() => {
  // Longer texts, in products of their parts, are compared as sets: a table of so many cells is filled in 20 ms.
  const MOST = 4e6;
  const PARTS = { word: /[\p{L}\p{M}\p{N}_]+|\s+|\S/gu, character: /\s+|\S/gu };

  const isSpace = (part) => !part.trim();

  // For each of a: whether it is in the longest common subsequence with b.
  const common = (a, b) => {
    const kept = a.map(() => false);
    let start = 0;
    let [endA, endB] = [a.length, b.length];
    while (start < endA && start < endB && a[start] === b[start]) kept[start++] = true;
    while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
      kept[--endA] = true;
      endB--;
    }
    const middle = (endA - start) * (endB - start) > MOST ? shared : subsequence;
    middle(a.slice(start, endA), b.slice(start, endB)).forEach((is, at) => (kept[start + at] = is));
    return kept;
  };

  const shared = (a, b) => {
    const there = new Set(b);
    return a.map((part) => there.has(part));
  };

  const subsequence = (a, b) => {
    const width = b.length + 1;
    const length = new Uint32Array((a.length + 1) * width); // of the longest one from here to both ends
    for (let i = a.length - 1; i >= 0; i--) {
      for (let j = b.length - 1; j >= 0; j--) {
        const [down, right] = [length[(i + 1) * width + j], length[i * width + j + 1]];
        length[i * width + j] = a[i] === b[j] ? length[(i + 1) * width + j + 1] + 1 : Math.max(down, right);
      }
    }
    const kept = a.map(() => false);
    for (let i = 0, j = 0; i < a.length && j < b.length; ) {
      if (a[i] === b[j]) {
        kept[i++] = true;
        j++;
      } else if (length[(i + 1) * width + j] >= length[i * width + j + 1]) i++;
      else j++;
    }
    return kept;
  };

  // The text in pieces, in order: {text, differs}. White space counts only between two parts that both differ.
  return (text, other, by) => {
    const parts = text.match(PARTS[by]) ?? [];
    const words = parts.filter((part) => !isSpace(part));
    const kept = common(words, (other.match(PARTS[by]) ?? []).filter((part) => !isSpace(part)));
    const pieces = [];
    let word = 0;
    for (const part of parts) {
      const differs = isSpace(part) ? word > 0 && word < words.length && !kept[word - 1] && !kept[word] : !kept[word++];
      if (pieces.length && pieces.at(-1).differs === differs) pieces.at(-1).text += part;
      else pieces.push({ text: part, differs });
    }
    return pieces;
  };
})();
