# SPDX-License-Identifier: Apache-2.0
# Types have names that members and arguments would like to have.
include "shared_base.thrift"
typedef i64 Id
typedef i32 id_
typedef i32 has_boss
struct User {
  1: Id user_id
  2: Id user_id_
  3: optional Id boss
  4: id_ other
  5: has_boss user_has_boss
}
union Which { 1: Id user_id 2: string name }
service Users {
  Id user_id(1: Id user_id, 2: Id to)
  oneway void move(1: Id user_id, 2: id_ user_id__)
  void keep(1: shared_base.SharedMap shared_base_shared_map)
}
