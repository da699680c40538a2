// The words of the .sgl language. Text is a mode of its own, so that `{` inside it opens an
// expression; each `{` pushes the mode that its `}` returns from.
lexer grammar SglLexer;

channels { COMMENTS }

@members {
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
MINUS: '-';
STAR: '*';
SLASH: '/';
PERCENT: '%';
PIPE: '|';
QUESTION: '?';
COLON: ':';
COMMA: ',';
DOT: '.';
LPAREN: '(';
RPAREN: ')';
LBRACKET: '[';
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
