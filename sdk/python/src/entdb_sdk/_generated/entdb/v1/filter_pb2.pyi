from . import model_pb2 as _model_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FilterOperator(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FILTER_OPERATOR_UNSPECIFIED: _ClassVar[FilterOperator]
    FILTER_OPERATOR_EQ: _ClassVar[FilterOperator]
    FILTER_OPERATOR_NEQ: _ClassVar[FilterOperator]
    FILTER_OPERATOR_GT: _ClassVar[FilterOperator]
    FILTER_OPERATOR_GTE: _ClassVar[FilterOperator]
    FILTER_OPERATOR_LT: _ClassVar[FilterOperator]
    FILTER_OPERATOR_LTE: _ClassVar[FilterOperator]
    FILTER_OPERATOR_IN: _ClassVar[FilterOperator]
    FILTER_OPERATOR_LIKE: _ClassVar[FilterOperator]
    FILTER_OPERATOR_CONTAINS: _ClassVar[FilterOperator]
    FILTER_OPERATOR_IS_NULL: _ClassVar[FilterOperator]

class NodeAttribute(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NODE_ATTRIBUTE_UNSPECIFIED: _ClassVar[NodeAttribute]
    NODE_ATTRIBUTE_ID: _ClassVar[NodeAttribute]
    NODE_ATTRIBUTE_CREATED_AT: _ClassVar[NodeAttribute]
    NODE_ATTRIBUTE_UPDATED_AT: _ClassVar[NodeAttribute]
    NODE_ATTRIBUTE_VERSION: _ClassVar[NodeAttribute]
FILTER_OPERATOR_UNSPECIFIED: FilterOperator
FILTER_OPERATOR_EQ: FilterOperator
FILTER_OPERATOR_NEQ: FilterOperator
FILTER_OPERATOR_GT: FilterOperator
FILTER_OPERATOR_GTE: FilterOperator
FILTER_OPERATOR_LT: FilterOperator
FILTER_OPERATOR_LTE: FilterOperator
FILTER_OPERATOR_IN: FilterOperator
FILTER_OPERATOR_LIKE: FilterOperator
FILTER_OPERATOR_CONTAINS: FilterOperator
FILTER_OPERATOR_IS_NULL: FilterOperator
NODE_ATTRIBUTE_UNSPECIFIED: NodeAttribute
NODE_ATTRIBUTE_ID: NodeAttribute
NODE_ATTRIBUTE_CREATED_AT: NodeAttribute
NODE_ATTRIBUTE_UPDATED_AT: NodeAttribute
NODE_ATTRIBUTE_VERSION: NodeAttribute

class Comparison(_message.Message):
    __slots__ = ("field_id", "attribute", "operator", "values")
    FIELD_ID_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    field_id: int
    attribute: NodeAttribute
    operator: FilterOperator
    values: _containers.RepeatedCompositeFieldContainer[_model_pb2.Value]
    def __init__(self, field_id: _Optional[int] = ..., attribute: _Optional[_Union[NodeAttribute, str]] = ..., operator: _Optional[_Union[FilterOperator, str]] = ..., values: _Optional[_Iterable[_Union[_model_pb2.Value, _Mapping]]] = ...) -> None: ...

class FilterList(_message.Message):
    __slots__ = ("filters",)
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    filters: _containers.RepeatedCompositeFieldContainer[Filter]
    def __init__(self, filters: _Optional[_Iterable[_Union[Filter, _Mapping]]] = ...) -> None: ...

class Filter(_message.Message):
    __slots__ = ("comparison",)
    COMPARISON_FIELD_NUMBER: _ClassVar[int]
    AND_FIELD_NUMBER: _ClassVar[int]
    OR_FIELD_NUMBER: _ClassVar[int]
    comparison: Comparison
    def __init__(self, comparison: _Optional[_Union[Comparison, _Mapping]] = ..., **kwargs) -> None: ...

class OrderTerm(_message.Message):
    __slots__ = ("field_id", "attribute", "descending")
    FIELD_ID_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    DESCENDING_FIELD_NUMBER: _ClassVar[int]
    field_id: int
    attribute: NodeAttribute
    descending: bool
    def __init__(self, field_id: _Optional[int] = ..., attribute: _Optional[_Union[NodeAttribute, str]] = ..., descending: bool = ...) -> None: ...
