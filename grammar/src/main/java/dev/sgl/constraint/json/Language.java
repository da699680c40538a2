package dev.sgl.constraint.json;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.json.scalar.Numbers;
import dev.sgl.constraint.json.scalar.Texts;
import dev.sgl.constraint.regex.Terms;

/// What sets of values are said in, for one schema.
record Language(Budget budget, Terms terms, Formulas formulas, Texts texts, Numbers numbers) {
  static Language of(Budget budget, Terms terms) {
    return new Language(budget, terms, new Formulas(budget), new Texts(terms), new Numbers(terms));
  }
}
