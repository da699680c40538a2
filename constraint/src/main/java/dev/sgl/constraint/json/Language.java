package dev.sgl.constraint.json;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.json.scalar.Numbers;
import dev.sgl.constraint.json.scalar.Texts;
import dev.sgl.constraint.regex.Terms;

/// What sets of values are said in, for one schema.
record Language(
    Budget budget, Terms terms, Formulas formulas, Texts texts, Numbers numbers, Values values) {
  static Language of(Budget budget, Terms terms) {
    Formulas formulas = new Formulas(budget);
    Texts texts = new Texts(terms);
    Numbers numbers = new Numbers(terms);
    Values values = new Values(formulas, texts, numbers);
    return new Language(budget, terms, formulas, texts, numbers, values);
  }
}
