// The words of the .sgl language. Text is a mode of its own, so that `{` inside it opens an
// expression; each `{` pushes the mode that its `}` returns from.
//
// `-`, `[` and `(` go on with an expression that may end before them, on its line or on the next one; elsewhere they begin
// one. They are different tokens, so that the parser need not read on to know.
lexer grammar SglLexer;

channels { COMMENTS }

tokens { SIGN, SUBSCRIPT, CALLING }

@members {
  private final int[] last = new int[3]; // types of the last tokens, the newest first

  @Override
  public void emit(Token token) {
    super.emit(token);
    if (token.getChannel() == Token.DEFAULT_CHANNEL) {
      System.arraycopy(last, 0, last, 1, last.length - 1);
      last[0] = token.getType();
    }
  }

  /** Whether the last token is a name, or a word that stands for one. */
  private boolean isBehindName() {
    if (last[1] == DOT) {
      return last[0] >= USE && last[0] <= NOT || last[0] == NAME;
    }
    return switch (last[0]) {
      case NAME, USE, TYPE, TOOL, FN, FRAGMENT, PROGRAM, TEST, GIVEN, BY, BRANCH, APPEND, FAILS -> true;
      case MAP, CALL, SCHEMA, GRAMMAR -> true;
      case FROM -> last[2] != SELECT;
      case FIRST -> last[2] != JOIN;
      case MODEL -> last[1] != GIVEN;
      case JOIN -> true; // of texts
      default -> false;
    };
  }

  /** Whether the last token may end an expression. */
  private boolean isBehindExpression() {
    return switch (last[0]) {
      case RPAREN, RBRACKET, RBRACE, TEXT_CLOSE, BLOCK_CLOSE, INT, FLOAT, PATTERN -> true;
      case TRUE, FALSE, NONE -> true;
      case JOIN -> last[1] == DOT;
      default -> isBehindName();
    };
  }

  /** A `}` too many is the parser's to report. */
  @Override
  public int popMode() {
    return _modeStack.isEmpty() ? _mode : super.popMode();
  }
}

USE: 'use';
AS: 'as';
TYPE: 'type';
TOOL: 'tool';
FN: 'fn';
FRAGMENT: 'fragment';
PROGRAM: 'program';
TEST: 'test';
GIVEN: 'given';
MODEL: 'model';

SYSTEM: 'system';
USER: 'user';
ASSISTANT: 'assistant';
GEN: 'gen';
SELECT: 'select';
FROM: 'from';
BY: 'by';
FORK: 'fork';
BRANCH: 'branch';
JOIN: 'join';
APPEND: 'append';
FIRST: 'first';
SCRATCH: 'scratch';
RETRY: 'retry';
CHECK: 'check';
FAIL: 'fail';
FAILS: 'fails';
IMAGE: 'image';
THINK: 'think';
WITH: 'with';
LET: 'let';
IF: 'if';
ELSE: 'else';
FOR: 'for';
IN: 'in';
WHILE: 'while';
MATCH: 'match';
BREAK: 'break';
CONTINUE: 'continue';
RETURN: 'return';
LOG: 'log';

MAP: 'map';
CALL: 'call';
SCHEMA: 'schema';
GRAMMAR: 'grammar';
TRUE: 'true';
FALSE: 'false';
NONE: 'none';
AND: 'and';
OR: 'or';
NOT: 'not';

ARROW: '->';
RANGE: '..';
EQ: '==';
NE: '!=';
LE: '<=';
GE: '>=';
LT: '<';
GT: '>';
ASSIGN: '=';
PLUS: '+';
MINUS: '-' { if (!isBehindExpression()) setType(SIGN); };
STAR: '*';
SLASH: '/';
PERCENT: '%';
PIPE: '|';
QUESTION: '?';
COLON: ':';
COMMA: ',';
DOT: '.';
LPAREN: '(' { if (isBehindName()) setType(CALLING); };
RPAREN: ')';
LBRACKET: '[' { if (isBehindExpression()) setType(SUBSCRIPT); };
RBRACKET: ']';
LBRACE: '{' -> pushMode(DEFAULT_MODE);
RBRACE: '}' -> popMode;

PATTERN: 'r"' ('\\' ~[\r\n] | ~["\\\r\n])* '"';
FLOAT: [0-9]+ '.' [0-9]+ EXPONENT? | [0-9]+ EXPONENT;
INT: [0-9]+;
UNDERSCORE: '_';
NAME: [\p{L}_] [\p{L}\p{N}_]*;

BLOCK_OPEN: '"""' -> pushMode(BLOCK_TEXT);
TEXT_OPEN: '"' -> pushMode(TEXT);

DOC: '///' ~[\r\n]* -> channel(COMMENTS);
COMMENT: '//' ~[\r\n]* -> channel(COMMENTS);
SPACE: [ \t\r\n\u000C\uFEFF]+ -> channel(HIDDEN);
UNKNOWN: .;

fragment EXPONENT: [eE] [+-]? [0-9]+;

mode TEXT;
TEXT_CLOSE: '"' -> popMode;
TEXT_BRACES: '{{' | '}}';
TEXT_ESCAPE: '\\' ('u{' [0-9a-fA-F]+ '}' | .);
TEXT_EXPR: '{' -> type(LBRACE), pushMode(DEFAULT_MODE);
TEXT_CHARS: ~["{}\\\r\n]+ | '}';
// a text that is not closed ends with its line
TEXT_END: [\r\n] -> popMode;

mode BLOCK_TEXT;
BLOCK_CLOSE: '"""' -> popMode;
BLOCK_BRACES: ('{{' | '}}') -> type(TEXT_BRACES);
BLOCK_ESCAPE: '\\' ('u{' [0-9a-fA-F]+ '}' | .) -> type(TEXT_ESCAPE);
BLOCK_EXPR: '{' -> type(LBRACE), pushMode(DEFAULT_MODE);
BLOCK_CHARS: (~["{}\\]+ | '}' | '"') -> type(TEXT_CHARS);
