# SPDX-License-Identifier: Apache-2.0
struct Tree { 1: i32 v, 2: list<Tree> kids }
struct Node { 1: Node & left, 2: optional Node right }
struct Ping { 1: i32 n, 2: Pong & pong }
struct Pong { 1: Ping & ping, 2: Other other }
struct Other { 1: map<string, Other> more, 2: map<i32, Tree> trees }
struct Expr { 1: Term term }
union Term { 1: i32 n, 2: Expr inner, 3: list<Term> all, 4: map<string, Expr> env }
struct Late { 1: map<string, Later> m, 2: list<map<i32, Later>> l }
struct Later { 1: Late late, 2: set<Later> s }
