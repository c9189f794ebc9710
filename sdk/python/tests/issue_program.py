import asyncio

from entdb_sdk import DbClient, NodeTypeDef, EdgeTypeDef, field

User = NodeTypeDef(type_id=1, name="User", fields=(field(1, "email", "str", required=True), field(2, "name", "str")))
Task = NodeTypeDef(type_id=2, name="Task", fields=(field(1, "title", "str", required=True), field(2, "status", "enum", enum_values=("todo", "doing", "done"))))
AssignedTo = EdgeTypeDef(edge_id=100, name="AssignedTo", from_type=2, to_type=1)


async def main():
    async with DbClient(endpoint="localhost:50051", tenant_id="my_company", actor="user:alice") as client:
        result = await client.atomic(lambda plan: (
            plan.create(User, {"email": "alice@example.com", "name": "Alice"}, alias="alice"),
            plan.create(Task, {"title": "Review PR", "status": "todo"}, alias="task"),
            plan.link(AssignedTo, "$task.id", "$alice.id"),
        ))
    print(result["alice"], result["task"])


asyncio.run(main())
