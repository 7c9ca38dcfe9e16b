"""The schema of the project file, for editors and for tests."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from foretell.settings.schema import ProjectFile


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the project file: one table's keys in one place, each with what it means."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:foretell:project-file:1"}
    body = ProjectFile.model_json_schema(schema_generator=_Plain)
    return head | body | {"title": "The project file of foretell"}


class _Plain(GenerateJsonSchema):
    """Without what TOML has no use for: null, and titles that repeat the keys."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """TOML knows no null: a key that may be absent has the schema of its value."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """A default of None is the absence of the key."""
        if "default" in schema and schema["default"] is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """A name that does not fit the pattern is refused, not passed over."""
        table = super().dict_schema(schema)
        return table | {"additionalProperties": False} if "patternProperties" in table else table

    def field_title_should_be_set(self, schema: Any) -> bool:
        """The key says it."""
        return False
