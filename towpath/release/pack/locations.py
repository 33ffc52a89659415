"""Where a template may name a local file: the properties that `aws cloudformation package` and `sam package` replace.

Sources: https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html, and the resource reference for
the shape in which each property takes an address in S3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from towpath.release.manifest import ASSET_BUCKET_PARAMETER, ASSET_PREFIX_PARAMETER


class Content(Enum):
    """What a location's file becomes."""

    ZIP = "zip"
    FILE = "file"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True)
class Address:
    """The shape of an S3 address: two keys of a mapping, an `s3://` URL, or an `https://` URL."""

    bucket_key: tuple[str, str] | None = None
    scheme: str = ""

    def of(self, digest: str) -> dict[str, Any]:
        """The address of the asset with this digest."""
        if self.bucket_key is not None:
            bucket, key = self.bucket_key
            return {bucket: {"Ref": ASSET_BUCKET_PARAMETER}, key: asset_key(digest)}
        if self.scheme == "s3":
            return {"Fn::Sub": f"s3://${{{ASSET_BUCKET_PARAMETER}}}/${{{ASSET_PREFIX_PARAMETER}}}{digest}"}
        return template_url(digest)


def asset_key(digest: str) -> dict[str, Any]:
    """The key of an asset in the asset bucket."""
    return {"Fn::Sub": f"${{{ASSET_PREFIX_PARAMETER}}}{digest}"}


def template_url(digest: str) -> dict[str, Any]:
    """The address of a nested template, with bucket and region in the host: the form that every partition answers."""
    host = f"https://${{{ASSET_BUCKET_PARAMETER}}}.s3.${{AWS::Region}}.${{AWS::URLSuffix}}"
    return {"Fn::Sub": f"{host}/${{{ASSET_PREFIX_PARAMETER}}}{digest}"}


_CODE = Address(("S3Bucket", "S3Key"))
_BUCKET = Address(("Bucket", "Key"))
_S3 = Address(scheme="s3")
_HTTPS = Address(scheme="https")


@dataclass(frozen=True, slots=True)
class Location:
    """A property that may name a local file. A `*` in the path stands for every entry of a mapping."""

    path: tuple[str, ...]
    content: Content
    address: Address


def _at(path: str, content: Content, address: Address) -> Location:
    return Location(tuple(path.split(".")), content, address)


_MAPPING_TEMPLATES = (
    _at("RequestMappingTemplateS3Location", Content.FILE, _S3),
    _at("ResponseMappingTemplateS3Location", Content.FILE, _S3),
    _at("CodeS3Location", Content.FILE, _S3),
)
LOCATIONS: Mapping[str, tuple[Location, ...]] = {
    "AWS::ApiGateway::RestApi": (_at("BodyS3Location", Content.FILE, _BUCKET),),
    "AWS::ApiGatewayV2::Api": (_at("BodyS3Location", Content.FILE, _BUCKET),),
    "AWS::AppSync::FunctionConfiguration": _MAPPING_TEMPLATES,
    "AWS::AppSync::GraphQLSchema": (_at("DefinitionS3Location", Content.FILE, _S3),),
    "AWS::AppSync::Resolver": _MAPPING_TEMPLATES,
    "AWS::CloudFormation::ModuleVersion": (_at("ModulePackage", Content.ZIP, _S3),),
    "AWS::CloudFormation::ResourceVersion": (_at("SchemaHandlerPackage", Content.ZIP, _S3),),
    "AWS::CloudFormation::Stack": (_at("TemplateURL", Content.TEMPLATE, _HTTPS),),
    "AWS::CloudFormation::StackSet": (_at("TemplateURL", Content.TEMPLATE, _HTTPS),),
    "AWS::CodeCommit::Repository": (_at("Code.S3", Content.ZIP, _BUCKET),),
    "AWS::ElasticBeanstalk::ApplicationVersion": (_at("SourceBundle", Content.ZIP, _CODE),),
    "AWS::Glue::Job": (_at("Command.ScriptLocation", Content.FILE, _S3),),
    "AWS::Lambda::Function": (_at("Code", Content.ZIP, _CODE),),
    "AWS::Lambda::LayerVersion": (_at("Content", Content.ZIP, _CODE),),
    "AWS::Serverless::Api": (_at("DefinitionUri", Content.FILE, _BUCKET),),
    "AWS::Serverless::Application": (_at("Location", Content.TEMPLATE, _HTTPS),),
    "AWS::Serverless::Function": (_at("CodeUri", Content.ZIP, _BUCKET),),
    "AWS::Serverless::GraphQLApi": (
        _at("SchemaUri", Content.FILE, _S3),
        _at("Functions.*.CodeUri", Content.FILE, _S3),
        _at("Resolvers.*.*.CodeUri", Content.FILE, _S3),
    ),
    "AWS::Serverless::HttpApi": (_at("DefinitionUri", Content.FILE, _BUCKET),),
    "AWS::Serverless::LayerVersion": (_at("ContentUri", Content.ZIP, _BUCKET),),
    "AWS::Serverless::StateMachine": (_at("DefinitionUri", Content.FILE, _BUCKET),),
    "AWS::StepFunctions::StateMachine": (_at("DefinitionS3Location", Content.FILE, _BUCKET),),
}
GLOBALS: Mapping[str, tuple[Location, ...]] = {
    "Api": LOCATIONS["AWS::Serverless::Api"],
    "Function": LOCATIONS["AWS::Serverless::Function"],
    "HttpApi": LOCATIONS["AWS::Serverless::HttpApi"],
    "StateMachine": LOCATIONS["AWS::Serverless::StateMachine"],
}
"""SAM's Globals section, by the kind that it speaks for."""
