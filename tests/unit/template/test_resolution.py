"""What a template comes to: known values are computed, unknown ones stay symbols that are equal only to themselves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.template.conditions import Truth
from towpath.template.evaluation import KnownResource
from towpath.template.loading import Template, load_template
from towpath.template.pseudo import PseudoParameters
from towpath.template.resolution import ResolvedTemplate, resolve
from towpath.template.value import NO_VALUE, Either, Symbol, SymbolKind, Text, alternatives

HEAD = """
Transform: AWS::LanguageExtensions
Parameters:
  Env: {Type: String}
  Size: {Type: Number, Default: 3}
  Names: {Type: CommaDelimitedList, Default: "a-1, b"}
  Password: {Type: String, NoEcho: true, Default: hunter2}
  Image: {Type: "AWS::SSM::Parameter::Value<String>", Default: /image}
Conditions:
  Prod: !Equals [!Ref Env, prod]
  Staging: !Equals [!Sub "x-${Env}", "y-staging"]
  NotProd: !Not [!Condition Prod]
  Three: !Equals [!Ref Size, 3]
  Secret: !Equals [!Ref Password, hunter2]
  Never: !And [!Condition Prod, !Equals [a, b]]
  Always: !Or [!Condition Prod, !Equals [a, a]]
Mappings:
  Zones: {eu-west-1: {Id: Z1, Same: s}, us-east-1: {Id: Z2, Same: s}}
Resources:
  Queue: {Type: "AWS::SQS::Queue"}
  Thing:
    Type: A::B::C
    Properties:
      Value: """


def thing(expression: str, /, **given: Any) -> Any:
    resolved = resolved_thing(expression, **given)
    assert not resolved.problems
    return resolved.resources["Thing"].properties.get("Value", NO_VALUE)


def resolved_thing(expression: str, /, **given: Any) -> ResolvedTemplate:
    return resolve(load_template(HEAD + expression), **given)


PROD = {"parameters": {"Env": "prod"}}
EU = {"pseudo": PseudoParameters(region="eu-west-1", account_id="111122223333")}
ENV = Symbol("${Env}", SymbolKind.PARAMETER)
ARN = Symbol("${Queue.Arn}", SymbolKind.ATTRIBUTE, "Queue", "Arn")

KNOWN: dict[str, Any] = {
    "!Ref Size": "3",
    "!Ref Names": ["a-1", "b"],
    "!Sub ['${Size}-${x}', {x: !Join ['', [a, b]]}]": "3-ab",
    "!Sub '${!Literal}'": "${Literal}",
    "!Join [',', !Ref Names]": "a-1,b",
    "!Join ['-', [1, true, x]]": "1-true-x",
    "!Join ['', [a, !If [Never, x, !Ref 'AWS::NoValue'], b]]": "ab",
    "!Select [1, !Ref Names]": "b",
    "!Select ['0', [x, y]]": "x",
    "!Split ['|', 'a|b|']": ["a", "b", ""],
    "!Base64 héllo": "aMOpbGxv",
    "!Cidr [10.0.0.0/24, 2, 5]": ["10.0.0.0/27", "10.0.0.32/27"],
    "!Cidr ['2001:db8::/48', 1, 64]": ["2001:db8::/64"],
    "!Length [a, b]": 2,
    "!ToJsonString {a: [1, !Ref Size]}": '{"a":[1,"3"]}',
    "!ToJsonString {a: [1, !Ref Size], 'b\"': é}": '{"a":[1,"3"],"b\\"":"é"}',
    "!FindInMap [Zones, eu-west-1, Id]": "Z1",
    "!FindInMap [Zones, !Ref AWS::Region, Same]": "s",
    "!FindInMap [Zones, mars, Id, {DefaultValue: none}]": "none",
    "!If [Three, yes, no]": True,
    "!If [Never, a, b]": "b",
    "!If [Always, a, b]": "a",
    "!If [Staging, a, b]": "b",
    "!If [Secret, a, b]": "a",
    "!If [Never, a, !Ref AWS::NoValue]": NO_VALUE,
    "[!If [Never, a, !Ref AWS::NoValue], b]": ["b"],
    "{a: !Ref AWS::NoValue, b: 1}": {"b": 1},
    "!Equals [1, '1']": True,
    "{Condition: {StringEquals: {a: b}}, Ref: x}": {"Condition": {"StringEquals": {"a": "b"}}, "Ref": "x"},
}


@pytest.mark.parametrize(("expression", "value"), KNOWN.items())
def test_known_values_are_computed(expression: str, value: Any) -> None:
    assert thing(expression) == value


UNKNOWN: dict[str, Any] = {
    "!Ref Env": ENV,
    "!Ref Queue": Symbol("${Queue}", SymbolKind.RESOURCE, "Queue"),
    "!GetAtt Queue.Arn": ARN,
    "{'Fn::GetAtt': 'Queue.Arn'}": ARN,
    "!Sub '${Queue.Arn}'": ARN,
    "!Sub 'q/${Queue.Arn}/*'": Text(("q/", ARN, "/*")),
    "!Join ['', [a, b, !Ref Env, c, '', d]]": Text(("ab", ENV, "cd")),
    "!Ref AWS::AccountId": Symbol("${AWS::AccountId}", SymbolKind.PSEUDO),
    "!Ref Password": Symbol("${Password}", SymbolKind.PARAMETER),
    "!Ref Image": Symbol("${Image}={{ssm:/image}}", SymbolKind.PARAMETER),
    "!ImportValue x": Symbol('Fn::ImportValue("x")', SymbolKind.IMPORT),
    "!Select [0, !GetAZs '']": Symbol('Fn::Select([0,Fn::GetAZs("")])', SymbolKind.CALL),
    "!Split ['-', !Ref Env]": Symbol('Fn::Split(["-",${Env}])', SymbolKind.CALL),
    "!If [Prod, 1, !Ref AWS::NoValue]": Either("Prod", 1, NO_VALUE),
    "!If [Prod, 1, 1]": 1,
    "!If [Prod, !If [NotProd, a, b], c]": Either("Prod", "b", "c"),
    "!Join ['-', [!If [Prod, a, b], !If [NotProd, c, d]]]": Either("Prod", "a-d", "b-c"),
    "!Sub 'a{{resolve:ssm:/${Env}:1}}b'": Text(("a", Symbol("{{resolve:ssm:/${Env}:1}}", SymbolKind.DYNAMIC), "b")),
    "'{{resolve:ssm:/x}}'": Symbol("{{resolve:ssm:/x}}", SymbolKind.DYNAMIC),
    "!Transform {Name: X}": Symbol('Fn::Transform({"Name":"X"})', SymbolKind.CALL),
}


@pytest.mark.parametrize(("expression", "value"), UNKNOWN.items())
def test_what_only_a_deployment_knows_is_a_symbol(expression: str, value: Any) -> None:
    assert thing(expression) == value


WRONG = [
    "!Ref Nothing",
    "!GetAtt Nothing.Arn",
    "!Sub '${Nothing}'",
    "!Sub [x]",
    "!Join [a]",
    "!Join ['', [{a: b}]]",
    "!Select [5, [a]]",
    "!Select [x, [a]]",
    "!Split ['', a]",
    "!Cidr [nonsense, 1, 1]",
    "!Cidr [10.0.0.0/31, 9, 1]",
    "!FindInMap [Zones, mars, Id]",
    "!FindInMap [Nowhere, a, b]",
    "!If [Undefined, a, b]",
    "!If [Prod, a]",
    "!Equals [a]",
]


@pytest.mark.parametrize("expression", WRONG)
def test_what_cloudformation_would_refuse_is_a_problem_with_its_place(expression: str) -> None:
    resolved = resolved_thing(expression, parameters={"Env": "prod"})
    assert len(resolved.problems) == 1
    assert "template:24:" in resolved.problems[0].where


def test_a_mistake_in_a_branch_that_may_not_be_taken_is_no_problem() -> None:
    assert not resolved_thing("!If [Prod, !FindInMap [Zones, mars, Id], x]").problems


def test_parameters_pseudo_parameters_and_known_resources_fill_in() -> None:
    known = {"Queue": KnownResource("https://sqs/q", {"Arn": "arn:q"})}
    assert thing("!Sub '${Env}/${Queue}/${Queue.Arn}'", **PROD, known=known) == "prod/https://sqs/q/arn:q"
    assert (
        thing("!Sub '${AWS::Partition}:${AWS::AccountId}.${AWS::URLSuffix}'", **EU) == "aws:111122223333.amazonaws.com"
    )
    assert PseudoParameters(region="cn-north-1").values()["AWS::Partition"] == "aws-cn"
    assert thing("!FindInMap [Zones, !Ref AWS::Region, Id]", **EU) == "Z1"


def test_a_mapping_behind_an_unknown_key_is_another_symbol_when_its_content_changes() -> None:
    text = HEAD + "!FindInMap [Zones, !Ref AWS::Region, Id]"
    changed = text.replace("Z1", "Z9")
    one, other = (resolve(load_template(t)).resources["Thing"].properties["Value"] for t in (text, changed))
    assert one != other
    assert one == thing("!FindInMap [Zones, !Ref AWS::Region, Id]")


def test_conditions_decide_which_resources_and_outputs_exist() -> None:
    template = load_template(
        "Parameters: {Env: {Type: String}}\n"
        "Conditions: {Prod: !Equals [!Ref Env, prod]}\n"
        "Resources:\n  A: {Type: X::Y::Z, Condition: Prod, Properties: {P: !If [Prod, 1, 2]}"
        ", DependsOn: B, DeletionPolicy: Retain}\n"
        "  B: {Type: X::Y::Z}\n"
        "Outputs:\n  O: {Condition: Prod, Value: !Ref A, Export: {Name: n}}\n"
    )
    unknown, prod, dev = (resolve(template, given) for given in ({}, {"Env": "prod"}, {"Env": "dev"}))
    assert unknown.resources["A"].condition is Truth.UNKNOWN
    assert unknown.resources["A"].properties == {"P": 1}
    assert unknown.conditions == {"Prod": Truth.UNKNOWN}
    assert prod.resources["A"].condition is Truth.TRUE
    assert prod.resources["A"].depends_on == ("B",)
    assert prod.resources["A"].deletion_policy == "Retain"
    assert prod.outputs["O"].export == "n"
    assert set(dev.resources) == {"B"}
    assert not dev.outputs
    assert set(resolve(template, assume={"Prod": False}).resources) == {"B"}


def test_conditions_that_need_each_other_are_a_problem() -> None:
    template = load_template("Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\nResources: {}")
    assert [reason.code for reason in resolve(template).problems] == ["template-condition-circle"]


def test_loops_are_unrolled_where_their_collection_is_known() -> None:
    body = "{Type: A::B::C, Properties: {N: !Sub '${N}-${AWS::Region}', R: !Ref N}}"
    loop = f"x\n  'Fn::ForEach::L': [N, !Ref Names, {{'T&{{N}}': {body}}}]"
    resolved = resolved_thing(loop)
    region = Symbol("${AWS::Region}", SymbolKind.PSEUDO)
    assert resolved.resources["Ta1"].properties == {"N": Text(("a-1-", region)), "R": "a-1"}
    assert resolved.resources["Tb"].properties["R"] == "b"
    nested = "{'Fn::ForEach::M': [K, [x, y], {'${N}${K}': 1}]}"
    assert thing(f"{{'Fn::ForEach::L': [N, [a, b], {{'${{N}}': {nested}}}]}}") == {
        "a": {"ax": 1, "ay": 1},
        "b": {"bx": 1, "by": 1},
    }
    assert [reason.code for reason in resolved_thing(loop.replace("!Ref Names", "!Ref Env")).problems] == [
        "template-loop"
    ]


def test_a_loop_bomb_is_a_problem_not_a_hang() -> None:
    text = "1"
    for level in range(9):
        text = f"{{'Fn::ForEach::L{level}': [I{level}, [a, b, c, d, e, f, g, h, i], {{'x${{I{level}}}': {text}}}]}}"
    assert any("too many" in reason.message for reason in resolved_thing(text).problems)


def test_names_that_a_transform_will_define_are_no_problem() -> None:
    text = (HEAD + "!Ref ServerlessRestApi").replace("AWS::LanguageExtensions", "AWS::Serverless-2016-10-31")
    assert not resolve(load_template(text)).problems


def test_every_form_of_a_value_with_branches_can_be_listed() -> None:
    value = thing("[!If [Prod, a, !Ref AWS::NoValue], !If [Prod, b, c]]")
    assert alternatives(value) == [({"Prod": True}, ["a", "b"]), ({"Prod": False}, ["c"])]
    assert alternatives([Either(str(n), 1, 2) for n in range(20)]) is None


keys = st.sampled_from(
    ["Ref", "Fn::If", "Fn::Sub", "Fn::Join", "Fn::GetAtt", "Fn::Select", "Fn::FindInMap", "Fn::Equals", "Fn::Split",
     "Fn::Cidr", "Fn::Length", "Fn::ForEach::X", "Fn::Transform", "Fn::Nonsense", "Fn::Base64", "Condition", "a"]
)  # fmt: skip
leaves = st.sampled_from(["Prod", "${x}", "A", "A.B", "", "AWS::NoValue", "{{resolve:ssm:x}}", 0, 1, True, None, 1.5])
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=3), max_leaves=30
)


@given(trees, trees, st.sampled_from([{}, {"Env": "prod"}]))
def test_resolving_never_fails(value: Any, condition: Any, parameters: dict[str, str]) -> None:
    document = {
        "Parameters": {"Env": {"Type": "String"}, "Odd": value},
        "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Env"}, "prod"]}, "X": condition},
        "Mappings": {"A": value},
        "Resources": {"A": {"Type": "X::Y::Z", "Condition": "X", "Properties": {"P": value}}, "B": value},
        "Outputs": {"O": {"Value": value, "Condition": condition}, "Q": value},
    }
    first = resolve(Template.from_document(document), parameters)
    assert first.resources == resolve(Template.from_document(document), parameters).resources
