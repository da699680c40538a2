// The .sgl language: a file is a module of definitions, a program is a conversation.
parser grammar Sgl;

options { tokenVocab = SglLexer; }

file: definition* EOF;

// pieces of programs, for those that are built in Java
wholeExpression: expression EOF;
wholeText: part* EOF;

definition
  : USE text AS name                                                         # use
  | TYPE name ASSIGN type                                                    # typeAlias
  | TOOL name parameters (ARROW type)?                                       # tool
  | MODEL name                                                               # namedModel
  | kind=(PROGRAM | FRAGMENT | FN) name parameters (ARROW type)? block       # routine
  | TEST text testBlock                                                      # test
  ;

parameters: CALLING (parameter (COMMA parameter)* COMMA?)? RPAREN;
parameter: name (COLON type)? (ASSIGN expression)?;

testBlock: LBRACE (given | statement)* RBRACE;
given
  : GIVEN MODEL expression                                                   # givenModel
  | GIVEN TOOL toolName (CALLING (name (COMMA name)*)? RPAREN)? (ARROW answer | answers | block)  # givenTool
  ;
toolName: name (DOT name)?;
answers: (LBRACKET | SUBSCRIPT) (answer (COMMA answer)* COMMA?)? RBRACKET;
answer: FAIL expression | expression;

block: LBRACE statement* RBRACE;

// a text alone is said; so each statement is known by its first word

statement
  : role=(SYSTEM | USER | ASSISTANT) (block | statement)                     # message
  | GEN name (COLON type)? options_?                                         # gen
  | SELECT name FROM expression (BY name)?                                   # select
  | FORK name IN expression AS name block                                    # forkEach
  | FORK AS name LBRACE branch+ RBRACE                                       # forkBranches
  | JOIN name (FIRST expression)? APPEND?                                    # join
  | SCRATCH block                                                            # scratch
  | RETRY expression block (ELSE block)?                                     # retry
  | CHECK expression (FAILS text? | COMMA expression)?                       # check
  | FAIL expression                                                          # fail
  | IMAGE expression                                                         # image
  | THINK name options_?                                                     # think
  | WITH options_ block                                                      # with
  | LET name (COLON type)? ASSIGN expression                                 # let
  | IF expression block (ELSE (block | elseIf=statement))?                   # if
  | FOR name IN expression block                                             # for
  | WHILE expression block                                                   # while
  | MATCH expression LBRACE arm* RBRACE                                      # match
  | BREAK                                                                    # break
  | CONTINUE                                                                 # continue
  | RETURN expression?                                                       # return
  | LOG expression                                                           # log
  | expression (ASSIGN value=expression)?                                    # do
  ;

branch: BRANCH name block;

arm: pattern (PIPE pattern)* ARROW (block | statement);
pattern
  : UNDERSCORE                                                               # anything
  | literal                                                                  # literalPattern
  | name CALLING (name (COMMA name)*)? RPAREN                                 # callPattern
  | variant                                                                  # typePattern
  ;

options_: (LPAREN | CALLING) (option (COMMA option)* COMMA?)? RPAREN;
option: word COLON expression unit=NAME?;

type: variant (PIPE variant)*;
variant
  : variant (LBRACKET | SUBSCRIPT) bounds? RBRACKET                                        # array
  | CALL LT name (PIPE name)* GT                                             # callType
  | MAP LT type GT                                                           # map
  | SCHEMA text                                                              # schema
  | GRAMMAR text                                                             # grammarType
  | (module=name DOT)? typeName=name (LT bounds GT)?                         # namedType
  | PATTERN                                                                  # patternType
  | literal                                                                  # literalType
  | LBRACE (field (COMMA? field)* COMMA?)? RBRACE                   # record
  | LPAREN type RPAREN                                                       # parenthesizedType
  ;
field: (word | text) QUESTION? COLON type;
bounds: low=bound? RANGE high=bound? | exact=bound;
bound: SIGN? (INT | FLOAT);

expression
  : expression DOT word arguments?                                           # member
  | expression SUBSCRIPT expression RBRACKET                                  # index
  | (SIGN | NOT) expression                                                  # unary
  | expression op=(STAR | SLASH | PERCENT) expression                        # binary
  | expression op=(PLUS | MINUS) expression                                  # binary
  | expression RANGE expression                                              # range
  | expression op=(LT | LE | GT | GE | EQ | NE | IN) expression              # binary
  | expression op=AND expression                                             # binary
  | expression op=OR expression                                              # binary
  | name arguments?                                                          # reference
  | JOIN arguments                                                           # joinCall
  | literal                                                                  # constant
  | LBRACKET (expression (each | (COMMA expression)* COMMA?))? RBRACKET      # list
  | LBRACE (entry (COMMA entry)* COMMA?)? RBRACE                             # recordValue
  | LPAREN expression RPAREN                                                 # parenthesized
  ;

each: FOR name IN expression (IF expression)?;

arguments: CALLING (argument (COMMA argument)* COMMA?)? RPAREN;
argument: (word COLON)? expression;
entry: (word | text) COLON expression;

literal: text | PATTERN | SIGN? INT | SIGN? FLOAT | TRUE | FALSE | NONE;

text
  : TEXT_OPEN part* TEXT_CLOSE
  | BLOCK_OPEN part* BLOCK_CLOSE
  ;
part
  : TEXT_CHARS                                                               # chars
  | TEXT_BRACES                                                              # braces
  | TEXT_ESCAPE                                                              # escape
  | LBRACE expression RBRACE                                                 # interpolation
  ;

// words with a meaning of their own only in one place are names elsewhere
name
  : NAME | USE | TYPE | TOOL | FN | FRAGMENT | PROGRAM | TEST | GIVEN | MODEL | FROM | BY | BRANCH | APPEND | FIRST | FAILS | MAP | CALL
  | SCHEMA | GRAMMAR
  ;

// after a dot, and before a colon, every word is a name
word
  : name | AS | SYSTEM | USER | ASSISTANT | GEN | SELECT | FORK | JOIN | SCRATCH | RETRY | CHECK | FAIL | IMAGE | THINK | WITH | LET
  | IF | ELSE | FOR | IN | WHILE | MATCH | BREAK | CONTINUE | RETURN | LOG | AND | OR | NOT | NONE | TRUE | FALSE
  ;
